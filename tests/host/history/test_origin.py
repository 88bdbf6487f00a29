"""Which board's history a file is of: boards are told apart by their log's number."""

import json

import pytest
from host_tools.export.decode import decode
from host_tools.history import origin
from host_tools.history.info import collect, info
from tests.helpers.segment_bytes import NOON, frames, header, put

DAY = 86400


def of_log(log: int, from_day: int, boot: int = 1) -> bytes:
    """An hour of frames on a day."""
    return header(boot=boot, utc=NOON + from_day * DAY, clock=3, log=log) + frames(0, 1800, 3600)


def two(folder, *segments):
    return put(folder, *segments, names=[f"0000000{i}.seg" for i in range(1, len(segments) + 1)])


def test_the_log_of_a_file_is_in_its_header(tmp_path):
    assert origin.log_of(of_log(0x1A2B, 0)) == 0x1A2B
    assert (
        origin.log_of(b"") is origin.log_of(b"PKLG" + bytes(48)) is origin.log_of(b"PKLS") is None
    )
    where = two(tmp_path, of_log(7, 0), of_log(8, 1), b"PKLG")
    assert origin.logs_in(where) == {7, 8} and origin.named({8, 7}) == "0007, 0008"


def test_two_boards_in_one_folder_are_named(tmp_path, capsys):
    where = two(tmp_path, of_log(7, 0), of_log(7, 9, boot=2), of_log(8, 5))
    (summary,), damaged = collect([where])
    (remark,) = summary.remarks
    assert "house: logs 0007, 0008 are both of 2026-06-06 to 2026-06-06: two boards" in remark
    assert damaged == []
    info([where])
    assert "two boards with packs of the same name?" in capsys.readouterr().out.replace("\n", " ")
    info([where], as_json=True)
    assert json.loads(capsys.readouterr().out)["packs"][0]["remarks"] == [remark]
    assert decode([where], tmp_path / "out.csv") > 8  # all of it, and no error
    assert "two boards with packs of the same name?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("days", "count"),
    [([(7, 0), (8, 1)], 0), ([(7, 0), (8, 0)], 1), ([(7, 3), (8, 2), (9, 1)], 0)],
)
def test_a_flash_that_was_erased_is_not_two_boards(tmp_path, capsys, days, count):
    """Its logs follow each other."""
    where = two(tmp_path, *(of_log(log, day) for log, day in days))
    decode([where], tmp_path / "out.csv")
    assert capsys.readouterr().err.count("two boards") == count


def test_a_log_within_another_and_one_after_it():
    spans = {1: (0, 100), 2: (10, 20), 3: (30, 40), 4: (100, 120)}
    found = origin.overlaps({log: (a * DAY, b * DAY) for log, (a, b) in spans.items()})
    assert [each.split(":")[0].split(" are")[0] for each in found] == [
        "logs 0001, 0002",
        "logs 0001, 0003",
    ]


def test_a_folder_named_like_a_segment_is_none(tmp_path):
    where = two(tmp_path, of_log(7, 0))
    (where / "00000002.seg").mkdir()
    (where / "00000003.shard").mkdir()
    (where / "a note.txt").write_text("x")
    (summary,), damaged = collect([where])
    assert summary.files == 1 and damaged == []
