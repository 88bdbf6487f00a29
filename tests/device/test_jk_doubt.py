"""What a JK's frame has to agree with before it counts: itself, and the frame before."""

from jk_stream import CELLS_16, HERE, accepted, captured, decode, last_sample, wire

from bms.jk import NO_CELLS, Decoder

CALM = {"soc": 60, "charge": 168000, "capacity": 280000, "t1": 235, "t2": 220, "mosfet": 260}
CALM.update({"soh": 100, "charge_on": 1, "discharge_on": 1, "uptime": 5000, "charge_out": 9000})
RESISTANCES = [50] * 16


def frame(layout="32S", cells=CELLS_16, **values):
    full = dict(CALM)
    if layout == "32S":
        full["t3"] = CALM["mosfet"]
    full.update(values)
    return wire.cell_frame(layout, cells, RESISTANCES, **full)


def wild(name):
    with open(HERE + "/../data/wild/" + name, "rb") as file:
        return file.read()


def test_the_lifetime_counter_is_what_went_out():
    rows, stats = decode(wild("jk_counter_32s.bin"))
    assert accepted(stats) == (0, 2, 1) and stats["rejected"] == 0
    charges = [row[7 + 1] for row in rows]
    counters = [row[-2]["charge_out"] for row in rows]
    assert charges[0] - charges[1] == 373 and counters[1] - counters[0] == 372
    assert "charge_in" not in rows[0][-2]


def test_a_lost_piece_is_no_reading():
    for size in (128, 20, 1, None):
        rows, stats = decode(wild("jk_piece_lost_24s.bin"), size)
        assert [(row[0], row[1], row[2]) for row in rows] == [(53240, -12000, 30)] * 2
        assert stats["rejected"] == 1 and accepted(stats) == (0, 2, 1)


def test_a_sick_pack_is_a_reading():
    rows, stats = decode(wild("jk_two_cells_at_zero.bin"))
    assert accepted(stats) == (0, 2, 1) and stats["mismatched"] == 0
    cells = rows[1][-4]
    assert [i for i in range(16) if cells[i] == 1] == [4, 9] and cells[5] == 3325
    assert rows[1][7 + 7] == 1  # the unit's error: wire resistance
    for dead in (1, 2, 7, 15, 16):
        cells = [0] * dead + CELLS_16[dead:]
        data = frame(cells=cells, voltage=52920, present=0xFFFF, errors=1)
        rows, stats = decode(wire.device_frame() + data)
        assert len(rows) == 1 and rows[0][-4] == [mv or 1 for mv in cells], dead
        # Without a word of the unit's it has to come twice.
        data = frame(cells=cells, voltage=52920, present=0xFFFF)
        assert len(decode(wire.device_frame() + data)[0]) == 0
        assert len(decode(wire.device_frame() + data + data)[0]) == 1
        # And without its software it may be another layout.
        assert len(decode(data + data)[0]) == (dead <= 2)
    # Cells that are there but do not make up the voltage are another layout.
    for software in ("14.20", "20.01"):
        data = wire.device_frame(software=software) + 3 * frame(voltage=46000)
        assert decode(data)[1]["mismatched"] == 3
    data = frame(cells=[0] * 3 + CELLS_16[3:], voltage=52920, present=0xFFFF, errors=1)
    assert decode(wire.device_frame(software="20.01") + data)[1]["mismatched"] == 1


def test_a_unit_without_cells_says_so():
    for layout, software in (("24S", "10.07"), ("32S", "19.07")):
        for voltage in (0, 52000):
            empty = frame(layout, cells=[], voltage=voltage, errors=4)
            sample = last_sample(wire.device_frame(software=software) + empty)
            assert sample.cell_count == 0 and sample.voltage == voltage and sample.errors == 4
            assert sample.texts["errors"] == NO_CELLS and sample.min_cell is None
            assert len(NO_CELLS) <= 20
        data = wire.device_frame(software=software) + empty + 2 * frame(layout)
        assert last_sample(data).texts["errors"] == ""
    assert "errors" not in last_sample(frame()).texts
    # A plug that is pulled out and put back in
    seen = []
    decoder = Decoder(lambda sample: seen.append(sample.cell_count), live=True)
    decoder.feed(wire.device_frame() + frame(counter=0) + frame(counter=1))
    for counter in (2, 3, 4):
        decoder.feed(frame(cells=[], voltage=0, errors=4, counter=counter))
    for counter in (5, 6, 7):
        decoder.feed(frame(counter=counter))
    assert seen == [16, 0, 0, 16, 16, 16]


# name: what a pack may have become by the next frame, and what comes twice (None: nothing)
STEPS = {
    "soc": (61, 62),
    "charge": (169000, 169001),
    "capacity": (280000, 280001),
    "soh": (99, 98),
    "cycles": (1, 2),
    "charge_out": (10000, 10001),
    "t1": (335, 336),
    "t2": (120, 119),
    "mosfet": (360, 361),
    "t3": (360, 361),
    "current": (2000, None),
    "charge_on": (1, 0),
    "errors": (0, 16),
    "balancing": (2, None),
    "balance_current": (-2000, None),
}


def test_what_a_pack_cannot_have_become_comes_twice():
    for name, (near, far) in STEPS.items():
        near = frame(**{name: near})
        assert len(decode(frame() + near + near)[0]) == 3, name
        if far is None:
            continue
        far = frame(**{name: far})
        rows, stats = decode(frame() + far + frame())
        assert len(rows) == 2 and rows[0] == rows[1] and stats["rejected"] == 1, name
        assert len(decode(frame() + far + far)[0]) == 2, name
        # Now and then: it is known from the second time on, and so is the way back.
        assert len(decode(frame() + far + frame() + far + frame() + far)[0]) == 5, name
        # Once in a while it is damage: two frames that count, and it is forgotten
        rare = frame() + frame() + far
        assert len(decode(frame() + far + rare + rare)[0]) == 5, name
        assert len(decode(frame() + far + rare + far)[0]) == 4, name
        # But what counted for long may come again at once
        assert len(decode(frame() + 5 * far + frame())[0]) == 6, name
    # Another range, another size of current
    small = {"capacity": 10000, "charge": 6000}
    for current, good in ((100000, 2), (100001, 1), (2000001, 1)):
        assert len(decode(frame(**small) + frame(current=current, **small))[0]) == good


def test_cells_that_jump():
    for by, good in ((500, 2), (501, 1), (-501, 1)):
        cells = [CELLS_16[0] + by] + CELLS_16[1:]
        data = frame() + frame(cells=cells, voltage=52920)
        assert len(decode(data)[0]) == good, by
        assert len(decode(data + frame(cells=cells, voltage=52920))[0]) == good + 1
    assert len(decode(frame() + frame(cells=CELLS_16[:15]))[0]) == 1
    resistances = [81] + RESISTANCES[1:]
    values = dict(CALM)
    assert len(decode(frame() + wire.cell_frame("32S", CELLS_16, resistances, **values))[0]) == 1


def changed(data, place, value, size=2):
    data = bytearray(data[:299])
    for i in range(size):
        data[place + i] = value >> 8 * i & 0xFF
    return bytes(data) + bytes([sum(data) & 0xFF])


def test_the_units_own_figures():
    # mean of the cells, and power: by the unit, of about the same moment
    for place, off, size in ((74, 13, 2), (154, 3000000, 4)):
        good = frame(current=30000)
        value = int.from_bytes(good[place : place + size], "little")
        odd = changed(good, place, value + off, size)
        assert len(decode(odd)[0]) == 0 and len(decode(odd + odd)[0]) == 1, place
        if size == 2:
            assert len(decode(good + odd + good)[0]) == 2
        near = changed(good, place, value + off // 20, size)
        assert len(decode(near)[0]) == 1
    # A current that the power does not know of: a lost minus would be 100 A off
    still = frame()
    assert len(decode(still + changed(frame(current=25000), 154, 0, 4))[0]) == 1
    assert len(decode(still + frame(current=25000))[0]) == 2
    # Units that leave them at 0
    bare = changed(changed(changed(frame(current=25000), 74, 0), 76, 0), 154, 0, 4)
    assert len(decode(bare + bare)[0]) == 2


def test_time_that_has_passed():
    later = frame(uptime=5060, soc=65, charge=172000)
    assert len(decode(frame() + later)[0]) == 2
    later = frame(uptime=5060, soc=65, charge=168090)  # too little has flowed for that
    assert len(decode(frame() + later)[0]) == 1
    assert len(decode(frame() + frame(uptime=4999))[0]) == 1  # the unit has restarted, perhaps
    assert len(decode(frame() + 2 * frame(uptime=12))[0]) == 2
    # A capture with hours between its frames: something has flowed.
    apart = b""
    for i in range(4):
        apart += frame(uptime=5000 + 20000 * i, soc=60 - 9 * i, charge=168000 - 25000 * i)
    assert len(decode(apart)[0]) == 4
    still = [frame(uptime=5000 + 20000 * i) for i in range(4)]
    assert len(decode(b"".join(still))[0]) == 3
    # On the board there is a clock.
    decoder = Decoder(lambda sample: seen.append(sample.soc), live=True)
    seen = []
    decoder.request()
    decoder.feed(
        frame(counter=0) + frame(counter=1) + frame(counter=2, uptime=25000, charge=143000)
    )
    assert seen == [60]
    for _ in range(100):
        decoder.request()
    decoder.feed(frame(counter=3, uptime=5100, soc=62))
    assert seen == [60, 62]


def test_live_the_first_frame_has_to_come_twice():
    seen = []
    decoder = Decoder(lambda sample: seen.append(sample.soc), live=True)
    decoder.feed(frame(counter=1, soc=3))  # two that are merged, perhaps
    assert seen == [] and decoder.stats["rejected"] == 0
    decoder.feed(frame(counter=2))
    assert seen == [] and decoder.stats["rejected"] == 1
    decoder.feed(frame(counter=3))
    assert seen == [60]
    decoder.forget()  # a new link to a unit that is known
    decoder.feed(frame(counter=4))
    assert seen == [60, 60]
    assert [row[2] for row in decode(frame(soc=3))[0]] == [3]  # a capture may have one frame only


def test_another_unit_begins_anew():
    data = wire.device_frame("ONE") + frame() + wire.device_frame("TWO") + frame(soc=10)
    assert [row[2] for row in decode(data)[0]] == [60, 10]
    assert len(decode(captured("device_24s") + captured("cells_24s"))[0]) == 1
