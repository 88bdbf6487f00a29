"""A BMS's own counters beside the history's: of the same time, and only where there are frames."""

import struct

from host_tools.history import counters
from host_tools.history.info import collect, info
from tests.helpers.segment_bytes import NOON, frames, header, put, run

from sample import EXTRAS
from store import events, segment

HOUR = 3600
ENERGY_IN, ENERGY_OUT = EXTRAS.index("energy_in"), EXTRAS.index("energy_out")
CHARGE_OUT = EXTRAS.index("charge_out")


NAMES = ["00000001.seg", "00000002.seg"]


def of_events(*happened):
    made = segment.Header(segment.EVENTS, 1, 16, "house", 7)
    made.sequence, made.boot, made.utc, made.clock = 1, 1, NOON, 3
    return made.pack() + b"".join(happened)


def value(at, number, counted):
    """The event of a counter."""
    return struct.pack("<HHBII", at, events.VALUE, number, counted, 0)


def amps(current, *timestamps):
    """Frames at 53.25 V."""
    found = bytearray(frames(*timestamps))
    for i in range(len(timestamps)):
        found[13 * i + 4 : 13 * i + 6] = struct.pack("<e", current)
    return bytes(found)


def compared(folder, pack, *happened):
    """(name, the BMS's, the history's) of a pack with these frames and events."""
    data = header(utc=NOON, clock=3) + pack
    found = counters.compare([put(folder, data, of_events(*happened), names=NAMES)])
    return [(each.name, each.bms, each.history) for each in found]


def test_from_one_event_to_the_next(tmp_path):
    """10 A for two hours: 20 Ah, 1065 Wh; the BMS has counted 1050. Before and after, nothing."""
    pack = amps(10, 1 * HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR)
    happened = value(HOUR, ENERGY_IN, 7000), value(3 * HOUR, ENERGY_IN, 8050)
    assert compared(tmp_path, pack, *happened) == [("energy_in", 1050, 1065)]
    (summary,), _ = collect([tmp_path])
    assert (summary.counters[0].percent, summary.counters[0].unit) == (1.4, "Wh")


def test_an_event_within_a_frame_takes_its_part(tmp_path):
    pack = amps(-8, 2 * HOUR, 4 * HOUR)
    happened = [value(at, CHARGE_OUT, counted) for at, counted in ((HOUR, 0), (3 * HOUR, 16000))]
    assert compared(tmp_path, pack, *happened) == [("charge_out", 16, 16)]


def test_in_and_out_are_each_their_own(tmp_path):
    pack = amps(10, 2 * HOUR) + amps(-4, 6 * HOUR)
    happened = [
        value(at, number, counted)
        for at, counted in ((0, 0), (6 * HOUR, 1000))
        for number in (ENERGY_IN, ENERGY_OUT)
    ]
    found = compared(tmp_path, pack, *happened)
    assert found == [("energy_in", 1000, 1065), ("energy_out", 1000, 852)]


def test_times_without_frames_and_other_boots_are_left_out(tmp_path):
    """An hour is silent, then the logger starts again: the BMS counts on."""
    pack = amps(10, HOUR) + run(1, 2 * HOUR) + amps(10, HOUR) + run(2, 0) + amps(10, HOUR)
    happened = value(0, ENERGY_IN, 0), value(HOUR, ENERGY_IN, 500), value(3 * HOUR, ENERGY_IN, 2000)
    after = run(2, 0) + value(0, ENERGY_IN, 9000) + value(HOUR, ENERGY_IN, 9510)
    assert compared(tmp_path, pack, *happened, after) == [("energy_in", 1010, 1065)]


def test_a_counter_that_goes_back_or_hardly_moves_says_nothing(tmp_path):
    pack = amps(10, 4 * HOUR)
    happened = (
        value(0, ENERGY_IN, 7000),
        value(2 * HOUR, ENERGY_IN, 0),
        value(4 * HOUR, ENERGY_IN, 99),
    )
    assert compared(tmp_path, pack, *happened) == []


def test_info_says_by_how_much_they_differ(tmp_path, capsys):
    pack = amps(-10, 4 * HOUR)
    compared(tmp_path, pack, value(0, ENERGY_OUT, 0), value(4 * HOUR, ENERGY_OUT, 2200))
    info([tmp_path])
    said = capsys.readouterr().out
    assert "BMS's energy_out" in said
    assert "2200.000 Wh, by the frames 2130.000 (-3.2 %)" in said
