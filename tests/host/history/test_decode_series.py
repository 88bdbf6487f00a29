"""packlog decode --series cells and events: from the bytes of docs/format.md to rows of a CSV."""

import struct
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from a_pack import Pack
from host_tools.export import decode as decoding
from host_tools.ground.errors import PacklogError
from host_tools.history import cells as cell_series
from host_tools.history import events as event_series
from tests.helpers.segment_bytes import NOON, anchor, frames, mark
from tests.helpers.segment_bytes import header as pack_header

from store import events, segment


def header(series, cells=3, size=13, sequence=1, boot=1, uptime=0, utc=0, clock=0, log=7):
    made = segment.Header(series, 1, cells, "house", log, size)
    made.sequence, made.boot, made.uptime, made.utc, made.clock = sequence, boot, uptime, utc, clock
    return made.pack()


def voltages(timestamp, *mv, size=13):
    return struct.pack(f"<{len(mv) + 1}H", timestamp, *mv).ljust(size, b"\0")


def event(timestamp, code, a=0, b=0, c=0):
    return struct.pack("<HHBII", timestamp, code, a, b, c)


def put(folder, series, *files):
    where = folder / "house" / segment.FOLDERS[series]
    where.mkdir(parents=True, exist_ok=True)
    for i, data in enumerate(files):
        (where / segment.file_name(i + 1)).write_bytes(data)


def csv(folder, series, epoch=True):
    out = folder / "out.csv"
    decoding.decode([folder / "house"], out, epoch, series)
    return out.read_text().splitlines()


CELLS, EVENTS = segment.CELLS, segment.EVENTS


def test_cells_to_the_letter(tmp_path):
    put(
        tmp_path,
        CELLS,
        header(CELLS, utc=NOON, clock=3)
        + voltages(0, 3300, 3305, 0)
        + voltages(600, 3299, 65534, 3301),
    )
    assert csv(tmp_path, "cells", epoch=False) == [
        "time,cell_1,cell_2,cell_3",
        "2026-06-01T12:00:00Z,3.300,3.305,",
        "2026-06-01T12:10:00Z,3.299,65.534,3.301",
    ]


def test_silence_and_other_boots_are_holes_in_the_cells(tmp_path):
    put(
        tmp_path,
        CELLS,
        header(CELLS, utc=NOON, clock=3)
        + voltages(0, 3300, 3300, 3300)
        + voltages(60, 3301, 3300, 3300)
        + mark(100, 1, 1, 0)
        + voltages(100, 3302, 3300, 3300)
        + mark(0, 1, 2, 5)
        + voltages(0, 3303, 3300, 3300),
    )
    assert csv(tmp_path, "cells") == [
        "time,cell_1,cell_2,cell_3,boot,uptime,not_before,not_after",
        f"{NOON},3.300,3.300,3.300,1,0,,",
        f"{NOON + 60},3.301,3.300,3.300,1,60,,",
        f"{NOON + 61},,,,1,61,,",
        f"{NOON + 100},3.302,3.300,3.300,1,100,,",
        f"{NOON + 101},,,,1,101,,",
        f",3.303,3.300,3.300,2,5,{NOON + 105},",
    ]


def test_files_of_different_numbers_of_cells(tmp_path):
    put(
        tmp_path,
        CELLS,
        header(CELLS, 1, utc=NOON, clock=3) + voltages(0, 3300),
        header(CELLS, 7, 16, 2, utc=NOON, clock=3) + voltages(10, *range(3301, 3308), size=16),
    )
    assert csv(tmp_path, "cells") == [
        "time,cell_1,cell_2,cell_3,cell_4,cell_5,cell_6,cell_7",
        f"{NOON},3.300,,,,,,",
        f"{NOON + 10},3.301,3.302,3.303,3.304,3.305,3.306,3.307",
    ]


def test_a_header_that_claims_more_cells_than_a_record_holds(tmp_path):
    put(tmp_path, CELLS, header(CELLS, 255, utc=NOON, clock=3) + voltages(0, 1, 2, 3, 4, 5))
    assert csv(tmp_path, "cells") == [
        "time,cell_1,cell_2,cell_3,cell_4,cell_5",
        f"{NOON},0.001,0.002,0.003,0.004,0.005",
    ]


@pytest.mark.parametrize("said_in", [segment.PACK, CELLS, EVENTS])
def test_an_anchor_of_any_series_dates_all(tmp_path, said_in):
    first = {
        segment.PACK: pack_header() + frames(7),
        CELLS: header(CELLS) + voltages(7, 3300, 3300, 3300),
        EVENTS: header(EVENTS) + event(7, events.TASK_DIED),
    }
    for series, data in first.items():
        put(tmp_path, series, data + (anchor(0, NOON) if series == said_in else b""))
    for series in map(segment.FOLDERS.get, first):
        assert csv(tmp_path, series)[1].startswith(f"{NOON + 7},")


def test_an_anchor_of_another_log_does_not(tmp_path):
    put(tmp_path, CELLS, header(CELLS, log=8) + voltages(7, 3300, 3300, 3300))
    put(tmp_path, EVENTS, header(EVENTS) + event(7, events.TASK_DIED) + anchor(0, NOON))
    assert csv(tmp_path, "cells")[1] == ",3.300,3.300,3.300,1,7,,"


def test_events_to_the_letter(tmp_path):
    put(
        tmp_path,
        EVENTS,
        header(EVENTS, utc=NOON, clock=3)
        + event(0, events.REBOOT, 1)
        + event(0, events.CONFIG, 1, 0xABCD)
        + event(70, events.PROTECTION, 0, 1, 0)
        + mark(0, 1, 2, 3)
        + anchor(0, NOON + 100)
        + event(0, events.REBOOT, 3),
    )
    assert csv(tmp_path, "events", epoch=False) == [
        "time,event,details",
        "2026-06-01T12:00:00Z,reboot,power on",
        "2026-06-01T12:00:00Z,config,config.json is CRC-32 0000abcd",
        "2026-06-01T12:01:10Z,protection,charge stopped",
        "2026-06-01T12:01:40Z,reboot,by the watchdog",
    ]


def test_several_events_of_a_second_stay_in_order_and_one_written_twice_is_one(tmp_path):
    end = event(9, events.LINK_SILENT, 0, 10) + event(9, events.TASK_DIED, 5)
    put(
        tmp_path,
        EVENTS,
        header(EVENTS, utc=NOON, clock=3) + event(5, events.STORAGE_FAILED, 1, 28) + end,
        header(EVENTS, sequence=2, utc=NOON, clock=3) + end + event(9, events.LINK_BACK, 0, 12),
    )
    assert [row.split(",")[:2] for row in csv(tmp_path, "events")[1:]] == [
        [f"{NOON + 5}", "storage_failed"],
        [f"{NOON + 9}", "link_silent"],
        [f"{NOON + 9}", "task_died"],
        [f"{NOON + 9}", "link_back"],
    ]


def test_events_of_unknown_time(tmp_path):
    put(tmp_path, EVENTS, header(EVENTS, boot=4) + event(7, events.REBOOT, 5))
    assert csv(tmp_path, "events") == [
        "time,event,details,boot,uptime,not_before,not_after",
        ",reboot,soft reset (as by a PC),4,7,,",
    ]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((events.REBOOT, 99, 0, 0), "cause 99"),
        ((events.PROTECTION, 0, 2, 1), "charge allowed again; discharge stopped"),
        ((events.PROTECTION, 0, 0, 2), "discharge allowed again"),
        ((events.PROTECTION, 0, 1 << 31, 0), "protection 31 on"),
        ((events.LINK_SILENT, 0, 10, 0), "no reading for 10 s"),
        ((events.LINK_SILENT, 1, 10, 0), "no reading since the start: 10 s"),
        ((events.LINK_BACK, 0, 95, 0), "after 95 s without a reading"),
        ((events.CLOCK_SET, 2, NOON, 0), "by a PC to 2026-06-01T12:00:00Z; it was not known"),
        ((events.CLOCK_SET, 3, NOON, NOON), "by NTP to 2026-06-01T12:00:00Z; it was right"),
        ((events.CLOCK_SET, 3, NOON, NOON + 9), "by NTP to 2026-06-01T12:00:00Z; it was 9 s ahead"),
        (
            (events.CLOCK_SET, 9, NOON, NOON - 9),
            "by clock 9 to 2026-06-01T12:00:00Z; it was 9 s behind",
        ),
        ((events.REJECTED, 0, 3, 0), "3 damaged packets since the last such event"),
        ((events.READINGS_LOST, 0, 3, 0), "3 readings could not be taken in"),
        ((events.RECORDS_DROPPED, 0, 3, 0), "3 records that the flash did not take in time"),
        ((events.STORAGE_FAILED, 1, 28, 0), "frames: flash full"),
        ((events.STORAGE_FAILED, 2, 77, 0), "cells: error 77"),
        ((events.STORAGE_BACK, 9, 30, 0), "series 9: after 30 s"),
        ((events.TASK_DIED, 19, *events.text_numbers("display")), "display: OSError 19"),
        ((events.TASK_DIED, 0, *events.text_numbers('a,"\n')), "a???"),
        ((events.BMS_ERRORS, 0, 5, 1), "error 2 on"),
        ((events.SWITCHES, 0, 3, 4), "charge on; discharge on; balancing off"),
        ((events.TEXT, 0x10, *events.text_numbers("Normal")), "system_state: Normal"),
        ((events.TEXT, 0x01, *events.text_numbers("low cell 3", 1)), "errors...  3"),
        ((events.TEXT, 0xF0, *events.text_numbers("x")), "text 15: x"),
        ((events.VALUE, 1, 4, 0), "units 4"),
        ((events.VALUE, 8, 2**32 - 5, 0), "adc_vp -5"),
        ((events.VALUE, 0, 0xFEDCBA98, 0), "mcu_id fedcba98"),
        ((events.VALUE, 200, 7, 0), "value 200 7"),
        ((events.LEFT_OUT, 4, 12, 0), "12 times link_silent that came too often"),
    ],
)
def test_words(numbers, words):
    assert event_series.in_words(*numbers) == (events.NAMES[numbers[0]], words)


def test_an_event_of_a_newer_packlog(tmp_path):
    put(tmp_path, EVENTS, header(EVENTS, utc=NOON, clock=3) + event(0, 999, 1, 2, 3))
    assert csv(tmp_path, "events")[1] == f"{NOON},code_999,a=1 b=2 c=3"


def test_a_config_that_changes(tmp_path):
    seen = ((0, 5), (0, 5), (0, 6), (1, 7), (1, 7), (1, 8))  # a 0: those of early versions
    said = [event(i, events.CONFIG, a, crc) for i, (a, crc) in enumerate(seen)]
    put(tmp_path, EVENTS, header(EVENTS, utc=NOON, clock=3) + b"".join(said))
    assert [row.split(",")[2] for row in csv(tmp_path, "events")[1:]] == [
        "config.json is noted",
        "config.json as before: noted",
        "config.json changed: now noted",
        "config.json is CRC-32 00000007",
        "config.json as before: CRC-32 00000007",
        "config.json changed: now CRC-32 00000008",
    ]


def test_every_text_can_stand_in_a_csv(tmp_path):
    rng = np.random.default_rng(1)
    data = header(EVENTS, utc=NOON, clock=3)
    for i in range(2000):
        a, code = int(rng.integers(256)), int(rng.integers(16))
        b, c = map(int, rng.integers(0, 1 << 32, 2))
        data += event(i, code, a, b, c)
    put(tmp_path, EVENTS, data)
    lines = csv(tmp_path, "events")
    assert len(lines) == 2001
    assert all(line.count(",") == 2 and '"' not in line for line in lines)


def test_a_series_of_which_there_is_nothing(tmp_path):
    put(tmp_path, CELLS, header(CELLS) + voltages(0, 3300, 3300, 3300))
    with pytest.raises(PacklogError, match="no events in"):
        csv(tmp_path, "events")
    with pytest.raises(PacklogError, match="no frames in"):
        csv(tmp_path, "pack")
    there_are = "there are pack, cells, events, hours and days"
    with pytest.raises(PacklogError, match=f"no series 'volts': {there_are}"):
        csv(tmp_path, "volts")


def test_a_damaged_file_costs_itself_and_is_named(tmp_path, capsys):
    good = header(CELLS, utc=NOON, clock=3) + voltages(0, 3300, 3300, 3300)
    put(tmp_path, CELLS, good, good[:40], good[:-5])
    with pytest.raises(PacklogError, match="2 damaged files"):
        csv(tmp_path, "cells")
    assert "00000002.seg: cut off in its header" in capsys.readouterr().err
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == f"{NOON},3.300,3.300,3.300"


def test_the_command(tmp_path):
    put(tmp_path, EVENTS, header(EVENTS, utc=NOON, clock=3) + event(0, events.REBOOT, 1))
    packlog = Path(sys.executable).with_name("packlog")
    done = subprocess.run(
        [packlog, "decode", tmp_path, "--series", "events", "--epoch"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"time,event,details\n{NOON},reboot,power on\n"


def test_from_the_board_to_the_csv(tmp_path):
    """A pack whose cells drift apart: the CSV is off by the tolerance at most, and by what a cell
    drifts in the 2 s between two looks.
    """
    rhythm = {"cells_mv": 5, "cells_min_s": 30, "cells_s": 600}
    pack = Pack(str(tmp_path), cell_count=8, interval_s=10, **rhythm)
    pack.history.anchor(NOON, segment.NTP)
    sent = []
    rng = np.random.default_rng(3)
    mv = np.full(8, 3300.0)
    for second in range(5000):
        mv += rng.normal(0, 0.3, 8)
        cells = np.rint(mv).astype(int).tolist()
        sent.append(cells)
        pack.sample.cell_count = 8
        for i, value in enumerate(cells):
            pack.sample.cells[i] = value
        pack.readings(1, flush=second > 0)
    pack.history.close()
    loaded = cell_series.load([tmp_path])
    assert not loaded.problems and not loaded.hole.any()
    assert 20 < len(loaded) < 170
    at = (loaded.time - NOON).tolist()
    assert abs(np.array(sent)[at] - loaded.cells).max() <= 4  # by what is filtered out of it
    for row, (begin, end) in enumerate(pairwise(at)):
        after = np.array(sent[begin + 30 : end])
        assert not len(after) or abs(after - loaded.cells[row]).max() <= 6


def test_hundred_files_of_cells(tmp_path):
    rng = np.random.default_rng(1)
    count, files = 1926, 100
    for i in range(files):
        records = rng.integers(3000, 3400, (count, 17)).astype("<u2")
        records[:, 0] = np.arange(1, count + 1) * 30
        base = i * count * 30
        data = header(CELLS, 16, 34, i + 1, uptime=base, utc=NOON + base, clock=3)
        (tmp_path / segment.file_name(i + 1)).write_bytes(data + records.tobytes())
    out = tmp_path / "out.csv"
    assert decoding.decode([tmp_path], out, series="cells") == count * files
    assert len(out.read_bytes().splitlines()) == count * files + 1
