"""The Chargery decoder: the captures of the maker's papers, every length, what each field means."""

from chargery_stream import CELLS_16, ONE, TWO, accepted, capture, decode, last_sample, row, wire

from bms.chargery import CELLS_KEPT, Decoder


def test_the_capture_of_the_v1_26_paper():
    rows = []
    samples = Decoder(lambda sample: rows.append(row(sample)))
    samples.feed(capture("pdf_v1.26_capture.hex"))
    samples.finish()
    sample = samples.sample
    assert [r[1] for r in rows] == [23000, 22800, 22500, 22800]
    assert [r[0] for r in rows] == [None, None, None, 53294]  # the cells come after three readings
    assert sample.cells[: sample.cell_count] == CELLS_16
    assert sample.temperatures[:3] == [131, 132, None]
    assert (sample.soc, sample.mode, sample.full_cell_voltage) == (91, wire.CHARGE, 3620)
    assert (sample.energy, sample.charge) == (47578742, 922723)
    assert (sample.min_cell, sample.min_cell_voltage) == (13, 3323)
    assert (sample.max_cell, sample.max_cell_voltage) == (14, 3343)
    assert sample.impedances[:16] == [1, 3, 3, 3, 2, 3, 0, 0, 1, 1, 1, 0, 5, 2, 3, 3]
    assert sample.impedance_count == 16
    assert sample.flags is None and sample.empty_cell_voltage is None
    assert accepted(samples.stats) == (1, 4, 1)
    # The paper cuts its first packet off after 41 of 61 bytes; 6 more are the text at the end.
    assert (samples.stats["rejected"], samples.stats["bytes_skipped"]) == (1, 41 + 6)


def test_the_capture_of_the_v1_22_paper():
    rows, stats = decode(capture("pdf_v1.22_capture.hex"))
    assert accepted(stats) == (8, 28, 0)
    assert (stats["rejected"], stats["bytes_skipped"]) == (0, 6 + 7 * len(wire.SPACER))
    assert {r[1] for r in rows} == {-1200, -1000}
    assert rows[0][12] == [] and rows[0][0] is None
    assert rows[1][12] == [3932, 3948, 3942] and rows[1][0] == 3932 + 3948 + 3942
    assert rows[-1][12] == [3932, 3948, 3940]
    for r in rows:
        assert r[2] == 0 and r[3] == wire.DISCHARGE and r[11] == [-223, -223] and r[7] == 4200
        assert r[4] is None and r[5] is None


def test_every_count_of_cells():
    papers = {4: 0x15, 8: 0x1D, 16: 0x2D, 22: 0x39, 24: 0x3D}
    for count in range(1, 25):
        cells = [3300 + i for i in range(count)]
        counted = wire.cells_packet(cells, energy=1234567, charge=98765)
        assert counted[3] == papers.get(count, 13 + 2 * count)
        sample = last_sample(counted + TWO)
        assert sample.cells[: sample.cell_count] == cells and sample.voltage == sum(cells)
        assert (sample.min_cell, sample.max_cell) == (0, count - 1)
        assert (sample.energy, sample.charge, sample.soc) == (1234567, 98765, 91)

        sample = last_sample(wire.cells_packet(cells, soc=55) + TWO)
        assert sample.cells[: sample.cell_count] == cells and sample.voltage == sum(cells)
        assert (sample.energy, sample.charge, sample.soc) == (None, None, 91)

        sample = last_sample(wire.impedances_packet(wire.DISCHARGE, 5, cells) + TWO)
        assert sample.impedances[: sample.impedance_count] == cells
        assert sample.cell_count == 0 and sample.voltage is None and sample.current == 22800
    assert wire.cells_packet([0] * 16, soc=0)[3] == 0x26
    assert wire.impedances_packet(0, 0, [0] * 16)[3] == 0x28


def test_every_length_of_a_reading():
    sample = last_sample(wire.reading_packet(4200, None, 0, 250, -5, None))
    assert row(sample)[1:4] == [0, None, None] and sample.temperatures[:2] == [250, -5]
    assert (sample.full_cell_voltage, sample.empty_cell_voltage, sample.flags) == (4200, None, None)

    sample = last_sample(wire.reading_packet(3650, wire.DISCHARGE, 12, 250, -5, 7))
    assert row(sample)[1:4] == [-1200, 7, wire.DISCHARGE]
    assert (sample.full_cell_voltage, sample.empty_cell_voltage, sample.flags) == (3650, None, None)

    for charge in (0, 1):
        for discharge in (0, 1):
            data = wire.reading_packet(3650, wire.CHARGE, 12, 250, -5, 7, 2800, (charge, discharge))
            sample = last_sample(data)
            assert (sample.full_cell_voltage, sample.empty_cell_voltage) == (3650, 2800)
            assert sample.flags == charge + 2 * discharge
            assert len(data) == data[3] == 0x13


def test_the_mode_gives_the_sign():
    for mode, current in ((wire.DISCHARGE, -200500), (wire.CHARGE, 200500), (wire.STORAGE, 200500)):
        sample = last_sample(wire.reading_packet(3650, mode, 2005, 0, 0, 50))
        assert (sample.mode, sample.current) == (mode, current)
    assert last_sample(wire.reading_packet(3650, wire.DISCHARGE, 0, 0, 0, 50)).current == 0


def test_without_a_mode_a_current_is_unknown():
    assert last_sample(wire.reading_packet(3650, None, 0, 0, 0, None)).current == 0
    # After readings with a mode, one without has to come twice.
    sample = last_sample(TWO + 2 * wire.reading_packet(3650, None, 1, 0, 0, None))
    assert sample.current is None and sample.mode is None


def test_a_current_without_a_direction_does_not_come_and_go():
    still, flows = (wire.reading_packet(3650, None, amps, 0, 0, None) for amps in (0, 5))
    rows, _ = decode(still + still + flows + still + flows)
    assert [r[1] for r in rows] == [0, 0, None, None, None]


def test_soc_of_an_old_unit_comes_with_its_cells():
    old = wire.reading_packet(3650, None, 0, 0, 0, None)
    assert last_sample(old).soc is None
    assert last_sample(wire.cells_packet(CELLS_16, soc=77) + old).soc == 77
    assert last_sample(wire.cells_packet(CELLS_16, soc=77) + 2 * ONE + old).soc is None


def test_inputs_without_a_cell():
    sample = last_sample(wire.cells_packet([3300, 499, 500, 3310, 27, 0], soc=1) + TWO)
    assert sample.cells[: sample.cell_count] == [3300, 0, 500, 3310]
    assert sample.voltage == 3300 + 500 + 3310
    assert (sample.min_cell, sample.max_cell) == (2, 3)

    sample = last_sample(wire.cells_packet([27, 0, 12], soc=1) + TWO)
    assert (sample.cell_count, sample.voltage, sample.min_cell) == (0, None, None)


def test_configured_cells_show_whatever_they_read():
    data = wire.cells_packet([3300, 0, 27, 3310, 3305, 6500], soc=1)
    data += wire.impedances_packet(wire.CHARGE, 5, [1, 2, 3, 4, 5, 6]) + TWO
    sample = last_sample(data, cells=4)
    assert sample.cells[: sample.cell_count] == [3300, 1, 27, 3310]
    assert sample.voltage == 3300 + 1 + 27 + 3310
    assert (sample.min_cell, sample.max_cell) == (1, 3)
    assert sample.impedances[: sample.impedance_count] == [1, 2, 3, 4]

    sample = last_sample(wire.cells_packet([0, 0], soc=1) + TWO, cells=4)
    assert sample.cells[: sample.cell_count] == [1, 1]


def test_values_that_cannot_be():
    good = [3650, wire.CHARGE, 20000, 1500, -600, 100, 6000, (1, 1)]
    assert decode(wire.reading_packet(*good))[1]["rejected"] == 0
    for place, bad in enumerate((6001, 3, 20001, 1501, -601, 101, 6001, (2, 0))):
        values = list(good)
        values[place] = bad
        rows, stats = decode(TWO + wire.reading_packet(*values) + TWO)
        assert len(rows) == 2 and stats["rejected"] == 1, values
        assert rows[0] == rows[1]
    good[7] = (0, 2)
    assert decode(wire.reading_packet(*good))[1]["rejected"] == 1

    assert accepted(decode(wire.cells_packet([6000], soc=100))[1]) == (1, 0, 0)
    assert accepted(decode(wire.cells_packet([3300, 6001], soc=100))[1]) == (0, 0, 0)
    assert accepted(decode(wire.cells_packet([3300], soc=101))[1]) == (0, 0, 0)
    assert accepted(decode(2 * wire.cells_packet([3300], soc=101))[1]) == (1, 0, 0)
    assert accepted(decode(wire.impedances_packet(2, 20000, [9999]))[1]) == (0, 0, 1)
    assert accepted(decode(wire.impedances_packet(2, 20000, [65535]))[1]) == (0, 0, 0)
    assert accepted(decode(wire.impedances_packet(3, 0, [1]))[1]) == (0, 0, 0)
    assert accepted(decode(wire.impedances_packet(0, 20001, [1]))[1]) == (0, 0, 0)


def reading(t1=131, t2=132, soc=91, current=228, full=3620, mode=wire.CHARGE, empty=None):
    return wire.reading_packet(full, mode, current, t1, t2, soc, empty)


def counted(*packets):
    """The currents of the readings of those packets, in A."""
    return [r[1] // 1000 for r in decode(b"".join(packets))[0]]


def test_what_a_pack_cannot_have_become_comes_twice():
    start = reading(current=0)
    for name, far, near in (
        ("t1", 131 + 101, 231), ("t2", 132 - 101, 32), ("soc", 88, 89), ("full", 3621, 3620),
        ("mode", None, wire.DISCHARGE), ("empty", 2800, None), ("t1", 1501, 130),
    ):  # fmt: skip
        for value, times in ((near, 1), (far, 2)):
            packet = reading(current=20, **{name: value})
            if name == "mode" and value is None:
                packet = wire.reading_packet(3620, None, 0, 131, 132, None)
            rows, stats = decode(start + packet + start)
            assert len(rows) == 4 - times and stats["rejected"] == times - 1, (name, value)
            assert len(decode(start + packet + start + packet)[0]) == 4 - times + 1
    assert counted(start, reading(current=5000)) == [0, 500]
    assert counted(start, reading(current=5001)) == [0]
    assert counted(start, reading(current=5001), reading(current=5009)) == [0, 500]
    # Two that differ do not prove each other.
    assert counted(start, reading(current=5001), reading(current=19000), start) == [0, 0]


def test_live_the_first_packet_of_a_kind_has_to_come_twice():
    seen = []
    decoder = Decoder(lambda sample: seen.append((sample.soc, sample.min_cell)), live=True)
    decoder.feed(reading(soc=13))
    assert seen == [] and decoder.stats["rejected"] == 0
    decoder.feed(ONE + TWO)
    assert seen == [] and decoder.stats["rejected"] == 1
    decoder.feed(TWO)
    assert seen == [(91, None)]  # the cells came once
    decoder.feed(ONE + TWO)
    assert seen == [(91, None), (91, 13)]
    assert len(decode(TWO)[0]) == 1  # a capture may have one only


def test_a_broken_sensor_hides_nothing_else():
    rows, stats = decode(reading(t1=-601, t2=132, current=10) * 3)
    assert [r[1] for r in rows] == [1000, 1000] and stats["rejected"] == 1
    assert rows[0][11] == [None, 132] and rows[0][2] == 91
    rows, stats = decode(TWO + reading(soc=255) * 2)
    assert [r[2] for r in rows] == [91, None]


def test_cells_that_jump_come_twice():
    far = wire.cells_packet([3325 - 501] + CELLS_16[1:], energy=47578742, charge=922723)
    near = wire.cells_packet([3325 - 500] + CELLS_16[1:], energy=47578742, charge=922723)
    for packet, shown in ((near, 2825), (far, 3325), (far + far, 2824)):
        rows, stats = decode(ONE + packet + TWO)
        assert rows[0][12][0] == shown and stats["rejected"] == (packet == far or shown == 2824)
    for energy, charge, good in (
        (47578742 + 500000, 922723, 1), (47578742 + 500001, 922723, 0), (47578742, 902722, 0),
    ):  # fmt: skip
        packet = wire.cells_packet(CELLS_16, energy=energy, charge=charge)
        assert accepted(decode(ONE + packet)[1])[0] == 1 + good
    # A packet in doubt is remembered: a cell that falls now and then is seen from the second time.
    assert accepted(decode(ONE + far + ONE + far + ONE)[1])[0] == 4


def test_old_cells_become_unknown():
    rows = []
    decoder = Decoder(lambda sample: rows.append(row(sample)))
    old = wire.reading_packet(3650, None, 0, 0, 0, None)
    decoder.feed(wire.cells_packet(CELLS_16, soc=42))
    for _ in range(CELLS_KEPT + 1):
        decoder.feed(old)
    assert CELLS_KEPT == 30
    assert rows[29][0] == 53294 and rows[29][2] == 42 and rows[29][12] == CELLS_16
    assert rows[30][0] is None and rows[30][2] is None and rows[30][12] == []
    assert rows[30][9] is None and rows[30][10] is None

    decoder.feed(2 * ONE + TWO * 32)  # of another length: the first of each is in doubt
    assert rows[60][4:6] == [47578742, 922723] and rows[60][12] == CELLS_16
    assert rows[61][4:6] == [None, None] and rows[61][0] is None and rows[61][12] == []
    assert rows[61][1] == 22800 and rows[61][2] == 91

    decoder.feed(ONE + TWO)
    assert rows[62][12] == CELLS_16 and rows[62][0] == 53294


def test_one_sample_for_all_readings():
    seen = []
    decoder = Decoder(seen.append)
    decoder.feed(TWO + ONE + TWO)
    assert seen[0] is seen[1] is decoder.sample


def test_it_is_never_asked():
    assert Decoder(print).request() == b""
