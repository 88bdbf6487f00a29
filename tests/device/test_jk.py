"""The JK decoder: frames of real units, both layouts, and what each field means."""

import gc

from jk_stream import CELLS_16, accepted, captured, decode, last_sample, row, wire

from bms.jk import ALARMS, Decoder
from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    EXTRAS,
    TEXTS,
)

CELLS_24S = [3284, 3280, 3279, 3280, 3280, 3279, 3279, 3281, 3280, 3279, 3280, 3279]
CELLS_24S += [3282, 3284, 3279, 3279, 3280, 3279, 3281, 3282, 3282, 3282, 3285, 3281]
WIRES_24S = [100, 108, 104, 99, 95, 93, 91, 94, 127, 121, 107, 111]
WIRES_24S += [111, 104, 100, 96, 91, 88, 88, 91, 96, 101, 104, 97]
CELLS_32S = [3246, 3230, 3226, 3231, 3233, 3231, 3232, 3232]
CELLS_32S += [3225, 3232, 3216, 3225, 3237, 3231, 3225, 3242]
WIRES_32S = [104, 104, 122, 115, 114, 133, 112, 103, 130, 119, 101, 102, 126, 120, 116, 156]


def test_a_24s_unit():
    rows, stats = decode(captured("device_24s") + captured("cells_24s"))
    assert accepted(stats) == (0, 1, 1) and stats["bytes_skipped"] == 0 and len(rows) == 1
    s = last_sample(captured("device_24s") + captured("cells_24s"))
    assert (s.voltage, s.current, s.soc, s.soh) == (78735, 0, 85, 1000)
    assert (s.charge, s.capacity, s.cycles) == (42804, 50000, 0)
    assert (s.balance_current, s.errors, s.flags) == (0, 0, 0)
    assert s.switches == CHARGE_ON  # its discharge is switched off, by nobody but its owner
    assert s.cells[: s.cell_count] == CELLS_24S
    # The unit itself says cells 1 and 4: of another moment.
    assert (s.min_cell, s.max_cell) == (2, 22)
    assert s.impedances[: s.impedance_count] == [10 * z for z in WIRES_24S]
    assert s.temperatures == [207, 207, None, None, None, 234]
    assert s.extras == {"charge_out": 13561, "bms_uptime": 269340}
    assert s.texts == {"model": "JK-B2A24S20P", "hardware": "10.XG", "software": "10.07"}
    assert s.mode is None and s.energy is None


def test_a_wire_without_a_value():
    for layout in ("24S", "32S"):
        s = last_sample(wire.cell_frame(layout, CELLS_16, [90, 0xFFFF, 0xFFFE] + 13 * [80]))
        assert s.impedances[:4] == [900, 0, 655340, 800]


def test_a_32s_unit():
    rows, stats = decode(captured("device_32s") + captured("cells_32s"))
    assert accepted(stats) == (0, 1, 1) and stats["bytes_skipped"] == 0 and len(rows) == 1
    s = last_sample(captured("device_32s") + 2 * captured("cells_32s"))
    assert (s.voltage, s.current, s.soc, s.soh) == (51689, 0, 52, 1000)
    assert (s.charge, s.capacity, s.cycles) == (1043, 2000, 0)
    assert (s.balance_current, s.errors, s.flags) == (0, 0, 0)
    assert s.switches == CHARGE_ON | DISCHARGE_ON
    assert s.cells[: s.cell_count] == CELLS_32S
    assert (s.min_cell, s.max_cell) == (10, 0)
    assert s.impedances[: s.impedance_count] == [10 * z for z in WIRES_32S]
    assert s.temperatures == [177, 177, None, 179, 180, 173]  # its T3 repeats the MOSFET's 17.3
    assert s.extras == {"charge_out": 0, "bms_uptime": 107416}
    assert s.texts == {"model": "JK_PB2A16S15P", "hardware": "14.XA", "software": "14.20"}


def test_without_the_device_information_the_cells_sum_decides():
    for layout in ("_24s", "_32s"):
        bare = decode(captured("cells" + layout))[0]
        told = decode(captured("device" + layout) + captured("cells" + layout))[0]
        assert len(bare) == 1 and bare[0][:-1] == told[0][:-1]
        assert bare[0][-1] == {"model": None, "hardware": None, "software": None}


def test_a_frame_in_the_other_layout_is_no_reading():
    for device, cells in (("device_24s", "cells_32s"), ("device_32s", "cells_24s")):
        rows, stats = decode(captured(device) + captured(cells))
        assert rows == [] and stats["mismatched"] == 1
        assert accepted(stats) == (0, 0, 1) and stats["rejected"] == 0
    # Small packs too, whatever their resistances and cycles are taken for in the other layout
    for count in range(4, 25):
        for cycles in (0, 1000, 3300, 6600):
            for layout, other in (("24S", "14.20"), ("32S", "10.07")):
                data = wire.cell_frame(layout, CELLS_16[:1] * count, [56] * count, cycles=cycles)
                rows, stats = decode(wire.device_frame(software=other) + data)
                assert rows == [] and stats["mismatched"] == 1
                sample = last_sample(data)
                assert (sample.cell_count, sample.cycles) == (count, cycles)
                assert sample.voltage == 3300 * count


def test_how_far_the_cells_may_be_off_the_pack():
    # 16 cells of 3300 make 52800: it may be one cell and a sixteenth of the pack's voltage off.
    for voltage, good in ((52800, 1), (46400, 0), (47000, 1), (59800, 1), (59900, 0), (0, 0)):
        data = wire.cell_frame("32S", [3300] * 16, voltage=voltage)
        rows, stats = decode(wire.device_frame() + data)
        assert (len(rows), stats["mismatched"]) == (good, 1 - good), voltage
    torn = [3300] * 7 + [0] + [3300] * 8
    for count in (4, 16):
        cells = [0] + [3300] * (count - 1)
        data = wire.cell_frame(
            "24S", cells, voltage=3300 * count, present=(1 << count) - 1, errors=1
        )
        sample = last_sample(data)
        assert sample.cells[:count] == [1] + [3300] * (count - 1) and sample.min_cell == 0
    assert decode(wire.cell_frame("32S", [], voltage=52800))[1]["mismatched"] == 1
    assert last_sample(wire.cell_frame("32S", torn, voltage=52800)).cells[7] == 0


def test_the_version_decides_the_layout():
    for software, layout in (("10.99", "24S"), ("9.1", "24S"), ("11.0", "32S"), ("19.27", "32S")):
        data = wire.cell_frame(layout, CELLS_16, soc=42)
        assert last_sample(wire.device_frame(software=software) + data).soc == 42
    for software in ("", "beta", "\x7f14.2"):
        data = wire.device_frame(software=software) + wire.cell_frame("24S", CELLS_16, soc=42)
        assert last_sample(data).soc == 42
    # A new version changes it.
    data = wire.device_frame(software="10.08") + wire.device_frame(software="11.01")
    assert last_sample(data + wire.cell_frame("32S", CELLS_16)).voltage == sum(CELLS_16)


def test_every_field_in_both_layouts():
    numbers = {"voltage": 52921, "current": -7063, "soc": 98, "charge": 142464, "capacity": 210001}
    numbers.update({"cycles": 65537, "soh": 97, "balance_current": -1990, "errors": 0x8421})
    numbers.update({"charge_out": 4481724, "uptime": 6878302, "mosfet": -105, "t1": -5, "t2": -401})
    numbers.update({"balancing": 2, "charge_on": 1, "discharge_on": 0})
    resistances = [2 * i for i in range(16)]
    for layout in ("24S", "32S"):
        s = last_sample(wire.cell_frame(layout, CELLS_16, resistances, **numbers))
        assert (s.voltage, s.current, s.soc, s.soh) == (52921, -7063, 98, 970)
        assert (s.charge, s.capacity, s.cycles) == (142464, 210001, 65537)
        assert (s.balance_current, s.errors) == (-1990, 0x8421)
        assert s.extras == {"charge_out": 4481724, "bms_uptime": 6878302}
        assert s.temperatures[:2] == [-5, -401] and s.temperatures[5] == -105
        assert s.switches == CHARGE_ON | BALANCING
        assert s.cells[: s.cell_count] == CELLS_16
        assert s.impedances[: s.impedance_count] == [20 * i for i in range(16)]
        assert (s.min_cell, s.max_cell) == (0, 15)
    for key in s.extras:
        assert key in EXTRAS
    for key in s.texts:
        assert key in TEXTS


def test_numbers_at_the_edges_of_their_ranges():
    def shown(layout, name, value, **more):
        sample = last_sample(wire.cell_frame(layout, CELLS_16, **{name: value}, **more))
        return sample.extras[name] if name in sample.extras else getattr(sample, name)

    for layout in ("24S", "32S"):
        for value in (0, 1, -1, 127, -128, 32767, 32768, -32768, -32769, 2000000, -2000000):
            assert shown(layout, "current", value) == value
        for value in (2000001, -2000001, 65504000, 2**31 - 1, -(2**31)):
            data = wire.cell_frame(layout, CELLS_16, current=value)
            assert decode(2 * data)[1]["rejected"] == 2
        for name, most in (
            ("charge", 20000000),
            ("capacity", 20000000),
            ("cycles", 100000),
            ("charge_out", 2**31 - 1),
            ("soh", 100),
            ("soc", 100),
            ("balance_current", 20000),
        ):
            times = 10 if name == "soh" else 1
            assert shown(layout, name, most) == times * most
            assert shown(layout, name, most + 1) is None
        for value in (-32768, -2000, -601, 1501, 3320):
            s = last_sample(wire.cell_frame(layout, CELLS_16, t1=value, mosfet=value))
            assert s.temperatures == [None, 0, None, None, None, None], value
        for value in (-600, 1500):
            s = last_sample(wire.cell_frame(layout, CELLS_16, t1=value, mosfet=value))
            assert s.temperatures[0] == s.temperatures[5] == value
        for high, good in ((6143, 1), (6144, 0)):
            data = wire.cell_frame(layout, [3300] * 15 + [high])
            assert decode(data)[1]["mismatched"] == 1 - good
    assert last_sample(wire.cell_frame("32S", CELLS_16, errors=2**32 - 1)).errors == 2**32 - 1
    assert last_sample(wire.cell_frame("24S", CELLS_16, errors=0xFFFF)).errors == 0xFFFF


def test_every_count_of_cells():
    for layout, most in (("24S", 24), ("32S", 32)):
        for count in range(1, most + 1):
            cells = [3300 + i for i in range(count)]
            s = last_sample(wire.cell_frame(layout, cells, list(range(count))))
            assert s.cells[: s.cell_count] == cells and s.voltage == sum(cells)
            assert s.impedances[: s.impedance_count] == [10 * i for i in range(count)]
            assert (s.min_cell, s.max_cell) == (0, count - 1)


def test_configured_cells():
    data = wire.cell_frame("32S", [3300, 0, 3310, 3320, 3305])
    s = last_sample(data)
    assert s.cells[: s.cell_count] == [3300, 0, 3310, 3320, 3305]
    assert (s.min_cell, s.max_cell) == (0, 3)
    s = last_sample(data, cells=4)
    assert s.cells[: s.cell_count] == [3300, 1, 3310, 3320] and s.impedance_count == 4
    assert (s.min_cell, s.max_cell) == (1, 3)
    assert s.voltage == 13235  # as measured: the pack's
    assert last_sample(data, cells=32).cell_count == 32
    assert last_sample(wire.cell_frame("24S", CELLS_16), cells=32).cell_count == 24
    # Without presence bits it is the user's word that counts.
    data = wire.cell_frame("32S", CELLS_16, present=0)
    assert decode(data)[1]["mismatched"] == 1
    assert last_sample(data, cells=16).cells[:16] == CELLS_16


def test_sensors_that_are_not_there():
    values = {"mosfet": 310, "t1": 210, "t2": 220, "t3": 230, "t4": 240, "t5": 250}
    places = {"mosfet": 5, "t1": 0, "t2": 1, "t3": 2, "t4": 3, "t5": 4}
    everything = [210, 220, 230, 240, 250, 310]
    assert last_sample(2 * wire.cell_frame("32S", CELLS_16, **values)).temperatures == everything
    bits = ("mosfet", "t1", "t2", "t3", "t4", "t5")
    for i in range(6):
        expected = list(everything)
        expected[places[bits[i]]] = None
        s = last_sample(2 * wire.cell_frame("32S", CELLS_16, sensors=0xFF & ~(1 << i), **values))
        assert s.temperatures == expected
        gone = dict(values)
        gone[bits[i]] = wire.NO_SENSOR
        assert last_sample(2 * wire.cell_frame("32S", CELLS_16, **gone)).temperatures == expected
    s = last_sample(wire.cell_frame("24S", CELLS_16, t1=wire.NO_SENSOR, t2=5, mosfet=-20))
    assert s.temperatures == [None, 5, None, None, None, -20] and s.temperature == 5


def test_sensors_that_only_seem_to_be_there():
    # Below software 15, T3 repeats the MOSFET; below 14, T4 and T5 are 0; all with the sensor bit.
    decoder = Decoder(lambda sample: None)
    shown = []
    for t3, t4, t5 in (
        (310, 0, 0), (300, 0, 0), (299, -1, 0), (310, 0, 0), (299, -1, 0), (298, -1, 0),
        (310, 0, 0), (310, 0, 7), (310, 0, 7),
    ):  # fmt: skip
        decoder.feed(wire.cell_frame("32S", CELLS_16, mosfet=310, t3=t3, t4=t4, t5=t5))
        shown.append(decoder.sample.temperatures[2:5])
    # One frame is no proof. A sensor of which two said something of its own is one from then on.
    assert shown[:5] == [[None] * 3] * 5
    assert shown[5:] == [[298, -1, None], [310, 0, None], [310, 0, None], [310, 0, 7]]


def test_a_protection_that_stopped_it_and_an_owner_who_did():
    def flags(errors, charge_on, discharge_on):
        data = wire.cell_frame(
            "32S", CELLS_16, errors=errors, charge_on=charge_on, discharge_on=discharge_on
        )
        return last_sample(data).flags

    overvoltage, undervoltage, too_hot = 1 << 4, 1 << 11, 1 << 1
    assert flags(0, 0, 0) == 0
    assert flags(overvoltage, 0, 1) == CHARGE_STOPPED
    assert flags(overvoltage, 1, 1) == 0  # it says so, and charges on
    assert flags(overvoltage, 0, 0) == CHARGE_STOPPED
    assert flags(undervoltage, 1, 0) == DISCHARGE_STOPPED
    assert flags(undervoltage, 0, 1) == 0
    assert flags(too_hot, 0, 0) == CHARGE_STOPPED | DISCHARGE_STOPPED
    assert flags(1 | 1 << 18 | 1 << 19, 0, 0) == 0  # wire resistance, GPS, password
    charge = [bit for bit in range(32) if flags(1 << bit, 0, 1)]
    discharge = [bit for bit in range(32) if flags(1 << bit, 1, 0)]
    assert charge == [1, 4, 5, 6, 7, 8, 9]
    assert discharge == [1, 11, 12, 13, 14, 15, 24, 25, 26, 27]


def test_the_errors_have_names_that_fit_the_display():
    assert len(ALARMS) == 29 and len(set(ALARMS)) == 29
    for name in ALARMS:
        assert 0 < len(name) <= 20 and all(32 <= ord(c) < 127 for c in name), name
    assert (ALARMS[0], ALARMS[4], ALARMS[11]) == (
        "wire resistance",
        "cell overvoltage",
        "cell undervoltage",
    )


def test_a_charge_beyond_100_percent_is_none():
    for soc, shown in ((0, 0), (100, 100), (101, None), (255, None)):
        assert last_sample(wire.cell_frame("32S", CELLS_16, soc=soc)).soc == shown


def test_one_sample_and_no_memory_for_all_readings():
    frames = []
    for counter in range(4):
        frames.append(wire.cell_frame("32S", CELLS_16, counter=counter, current=-7063, t1=-5))
    settings = wire.settings_frame()
    seen = []
    decoder = Decoder(lambda sample: seen.append(sample) if len(seen) < 2 else None, live=True)
    for frame in frames:
        decoder.feed(frame)
    assert seen[0] is seen[1] is decoder.sample
    if not hasattr(gc, "mem_alloc"):
        return
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for frame in frames:
        decoder.feed(frame)
        decoder.feed(settings)
        decoder.feed(frame, 17)
        decoder.forget()
    grown = gc.mem_alloc() - before
    gc.enable()
    assert grown == 0, grown
    assert row(decoder.sample)[1] == -7063
