"""packlog info: what is said of a history, against numbers that can be added up by hand."""

import binascii
import json
import struct

import pytest
from host_tools.ground.errors import PacklogError
from host_tools.history import compressed
from host_tools.history.info import collect, info
from host_tools.trial import encode
from host_tools.trial.plan import Plan
from tests.helpers.command_line import packlog_here
from tests.helpers.segment_bytes import anchor, frames, header, put, run
from tests.host.trial.test_encode import COLUMNS, NOON, a_csv, many


def of(*paths):
    """The one Summary, and what is damaged."""
    (summary,), damaged = collect(paths)
    return summary, damaged


def test_one_run(tmp_path):
    """10 A from second 0 to 10 and on to 3600: 10 Ah."""
    data = header(utc=NOON, clock=3) + frames(0, 10, 3600)
    summary, damaged = of(put(tmp_path, data))
    assert damaged == []
    assert (summary.pack, summary.first, summary.last) == ("house", NOON, NOON + 3600)
    assert (summary.frames, summary.boots, summary.gaps) == (3, 1, 0)
    assert (summary.logged_s, summary.undated_frames) == (3600, 0)
    assert (summary.charge_in_ah, summary.charge_out_ah) == (10.0, 0.0)
    assert summary.sizes == {"pack": len(data)}
    assert summary.bytes_a_frame == round(len(data) / 3, 3)
    assert summary.bytes_a_day == len(data) * 24


def test_the_net_charge_is_that_in_less_that_out(tmp_path, capsys):
    """10 A and -4 A, an hour each."""
    out = bytearray(frames(7200))
    out[4:6] = struct.pack("<e", -4)
    where = put(tmp_path, header(utc=NOON, clock=3) + frames(3600) + out)
    summary, _ = of(where)
    assert (summary.charge_in_ah, summary.charge_out_ah, summary.charge_net_ah) == (10, 4, 6)
    info([where])
    said = capsys.readouterr().out
    assert "10.000 Ah, by the frames' means" in said and "+6.000 Ah" in said


def test_silence_carries_no_charge(tmp_path):
    """Two runs of an hour, 1000 s of silence between them."""
    data = header(utc=NOON, clock=3) + frames(0, 3600) + run(1, 4600) + frames(0, 3600)
    summary, _ = of(put(tmp_path, data))
    assert (summary.gaps, summary.gaps_s, summary.logged_s) == (1, 1000, 7200)
    assert summary.charge_in_ah == 20.0
    assert summary.boots == 1


def test_what_a_lost_segment_covered_is_not_counted(tmp_path):
    """The first frame of a segment covers the time from where the segment begins."""
    second = header(2, uptime=3600, utc=NOON + 3600, clock=3) + frames(1800)
    summary, _ = of(put(tmp_path, second))
    assert (summary.charge_in_ah, summary.logged_s) == (5.0, 1800)


def test_boots_of_known_and_unknown_time(tmp_path):
    data = header() + frames(0, 10) + run(2, 0) + frames(5, 15) + anchor(20, NOON)
    data += run(3, 7) + frames(0, 3)
    summary, _ = of(put(tmp_path, data))
    assert (summary.boots, summary.frames, summary.undated_frames) == (3, 6, 4)
    assert (summary.gaps, summary.gaps_s, summary.gaps_of_unknown_length) == (2, 0, 2)
    assert (summary.first, summary.last) == (NOON - 15, NOON - 4)  # until the silence begins


def test_nothing_dated(tmp_path, capsys):
    info([put(tmp_path, header() + frames(0, 10))])
    said = capsys.readouterr().out
    assert "not known" in said and "2 without a date" in said


def newer(data):
    """The same with the version 99 in a header that is whole."""
    changed = data[:4] + b"\x63" + data[5:48]
    return changed + struct.pack("<I", binascii.crc32(changed)) + data[52:]


def flipped(data, place=10):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


WHOLE = header(utc=NOON, clock=3) + frames(0, 3600)
OTHER = header(2, boot=2, utc=NOON + 9000, clock=3) + frames(0, 10)


@pytest.mark.parametrize(
    ("data", "said", "frames_of_it"),
    [
        (newer(OTHER), "of format version 99: a newer packlog reads it", 0),
        (flipped(OTHER), "its header is damaged (the checksum is wrong)", 0),
        (OTHER[:30], "cut off in its header, after 30 bytes", 0),
        (OTHER[:-3], "cut off after 1 records", 1),
        (b"something else", "not a packlog segment", 0),
    ],
)
def test_a_damaged_file_costs_only_itself(tmp_path, data, said, frames_of_it):
    summary, damaged = of(put(tmp_path, WHOLE, data))
    assert damaged == [f"{tmp_path}/house/00000002.seg: {said}"]
    assert summary.frames == 2 + frames_of_it
    assert summary.charge_in_ah == 10.0


def test_with_damage_all_is_printed_and_the_exit_code_is_1(tmp_path):
    put(tmp_path, WHOLE, flipped(OTHER), b"something else")
    for option in ("--json", None):
        done = packlog_here(*filter(None, ("info", tmp_path, option)))
        assert done.returncode == 1
        assert "house" in done.stdout and "not a packlog segment" in done.stdout
        assert done.stderr.startswith("packlog: 2 damaged files (named above), the rest is")


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shards")
    path = a_csv(folder, *many(11000), columns=COLUMNS + ",cell_voltages")
    encode.encode(path, folder / "out", Plan(name="house", every=True))
    return folder / "out/house"


def test_a_history_of_shards(shards):
    summary, damaged = of(shards)
    assert damaged == []
    assert (summary.frames, summary.gaps, summary.logged_s) == (11000, 0, 21998)
    amps = sum(10 + i % 7 for i in range(1, 11000))
    assert summary.charge_in_ah == pytest.approx(amps * 2 / 3600, abs=0.01)
    assert summary.events == {"clock_set": 1}
    assert summary.cells >= 4  # each 2 h, and where a segment ends
    assert set(summary.sizes) == {"pack", "cells", "events", "hours"}


@pytest.mark.parametrize("change", ["cut", "flip", "version"])
def test_a_damaged_shard_is_named_and_nothing_of_it_counts(shards, tmp_path, change):
    data = (shards / "pack/00000001.shard").read_bytes()
    whole = (shards / "pack/00000002.shard").read_bytes()
    place = len(data) // 2
    broken = {"cut": data[:-5], "flip": flipped(data, place), "version": flipped(data, 4)}
    put(tmp_path, broken[change], whole, names=["00000001.shard", "00000002.shard"])
    summary, damaged = of(tmp_path)
    assert len(damaged) == 1 and damaged[0].startswith(f"{tmp_path}/house/00000001.shard: ")
    alone, _ = of(shards / "pack/00000002.shard")
    assert summary.frames == alone.frames
    assert summary.charge_in_ah == alone.charge_in_ah


def test_one_figure_says_what_a_day_takes_once_compressed(tmp_path, capsys):
    """The newest segment is as it was logged: the board's encoder says what becomes of it."""
    data = header(utc=NOON, clock=3) + frames(*range(0, 40000, 10))
    where = put(tmp_path, data)
    summary, _ = of(where)
    days = 39990 / 86400
    made = compressed.shard_bytes(where / "00000001.seg")
    assert len(made) < len(data) / 20  # always the same frame
    assert summary.bytes_a_day == round(len(data) / days, 1)
    assert summary.bytes_a_day_compressed == round(len(made) / days, 1)
    info([where])
    later, now = (round(len(each) / days) for each in (made, data))
    assert f"{later} once compressed, {now} as it is now" in capsys.readouterr().out


def test_where_all_is_compressed_there_is_one_figure(shards, tmp_path, capsys):
    data = (shards / "pack/00000001.shard").read_bytes()
    where = put(tmp_path, data, names=["00000001.shard"])
    summary, _ = of(where)
    assert summary.bytes_a_day == summary.bytes_a_day_compressed
    info([where])
    assert "once compressed" not in capsys.readouterr().out


def test_what_cannot_be_compressed_counts_as_it_is(tmp_path):
    """A torn header, an empty file, a segment that would only grow."""
    small = header(utc=NOON, clock=3) + frames(0)
    for data in (small, b"", small[:20], b"x" * 300):
        path = tmp_path / "00000001.seg"
        path.write_bytes(data)
        assert compressed.size_of(path, len(data)) == len(data)


def test_two_packs(tmp_path):
    for name in ("house", "van"):
        (tmp_path / name).mkdir()
        put(tmp_path / name, header(utc=NOON, clock=3, name=name) + frames(0, 10))
    packs, damaged = collect([tmp_path])
    assert [pack.pack for pack in packs] == ["house", "van"]
    assert [pack.frames for pack in packs] == [2, 2]
    assert damaged == []


def test_nothing_that_can_be_read(tmp_path):
    where = put(tmp_path, b"something else")
    with pytest.raises(PacklogError, match="no frames, cells or events"):
        info([where])
    with pytest.raises(PacklogError, match="does not exist"):
        info([tmp_path / "none"])


def test_on_the_command_line(shards):
    done = packlog_here("info", shards)
    assert done.returncode == 0, done.stderr
    for line in ("2026-06-01T12:00:00Z", "6:06:38", "bytes a frame", "event clock_set"):
        assert line in done.stdout
    found = json.loads(packlog_here("info", "--json", shards).stdout)
    assert found["damaged"] == []
    assert found["packs"][0]["frames"] == 11000
