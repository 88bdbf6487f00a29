"""Pulling: only what is new, resumed, verified, and never over something else."""

import re
import shutil
from pathlib import Path

import pytest
from host_tools.board import pull as pulling
from host_tools.board import talk
from host_tools.board.device import Device
from host_tools.board.pull import pull
from host_tools.board.talk import Talk, Unanswered
from host_tools.ground.errors import PacklogError
from host_tools.history.frames import load
from host_tools.sim.workshop import port_of
from tests.helpers import export_history
from tests.helpers.boards import Files, every_reading, example
from tests.helpers.segment_bytes import NOON

from store import segment

SPEED = 50  # times real time


def pulled(board, folder):
    """Pull; returns what was said. A PC that has to wait does not find the board hours later."""
    said = []
    board.board.go_at(SPEED)
    try:
        with port_of(board.board) as port:
            pull(port, folder, said.append)
    finally:
        board.board.go_at(0)
    return said


@pytest.fixture
def older(monkeypatch):
    """The logger on the board is of an older packlog: it does not answer while it runs."""

    def unanswered(device):
        raise Unanswered("nobody answers")

    monkeypatch.setattr(Device, "talk", unanswered)


def test_a_second_pull_copies_only_what_has_grown(bench, tmp_path):
    board = bench(every_reading(example()))
    board.board.run(300)
    # An hour of the PC's clock may end meanwhile: there is a file of the hours then
    assert re.match(r"([34]) files on the board, \1 new or grown", pulled(board, tmp_path)[0])
    segment = tmp_path / "house/pack/00000001.seg"
    before = segment.read_bytes()
    board.board.run(300)
    pulled(board, tmp_path)
    after = segment.read_bytes()
    assert after.startswith(before) and len(after) > len(before)
    assert [path.name for path in tmp_path.glob("house/pack/*")] == ["00000001.seg"]
    assert board.board.starts == 1 and board.count("boot") == 1  # nothing was interrupted


def test_the_frame_in_the_making_is_said_to_be(bench, tmp_path):
    config = example()
    config["store"] = {"current_percent": 20, "step_percent": 50}  # one frame for all
    board = bench(config)
    board.board.run(300)
    said = pulled(board, tmp_path)
    assert re.match(r"house: the last \d+ min are one frame, which comes when it ends", said[1])


def test_an_older_packlog_is_stopped_for_a_pull_and_started_again(older, bench, tmp_path):
    board = bench()
    board.board.run(300)
    said = pulled(board, tmp_path)
    # What is stopped ends its hour: there is a file of the hours, too
    assert said[0].startswith("4 files on the board, 4 new or grown")
    assert said[1] == "the logger runs again" and board.board.starts == 2
    frames = load([tmp_path])
    assert not frames.problems and (frames.time > 1_700_000_000).all()
    assert pulled(board, tmp_path)[0].startswith("4 files on the board, ")


def test_the_pull_dates_what_was_logged_before_it(bench, tmp_path):
    board = bench()
    board.board.run(300)
    pulled(board, tmp_path)
    frames = load([tmp_path])
    assert not frames.problems
    assert (frames.time > 1_700_000_000).all()
    assert frames.boot.max() == 1


@pytest.mark.parametrize("found", ["del logger", "logger = None"])
def test_a_board_that_is_just_starting_is_told_the_time_too(
    older, bench, tmp_path, monkeypatch, found
):
    """Ctrl-C before main.py has begun, and while it imports."""
    board = bench()
    board.board.run(60)
    real = Device.interrupt
    interrupts = []

    def early(device):
        real(device)
        if not interrupts:
            device.run(found)
        interrupts.append(board.board.starts)

    monkeypatch.setattr(Device, "interrupt", early)
    said = pulled(board, tmp_path)
    assert interrupts == [1, 2] and board.board.starts == 3
    assert said[0].startswith("4 files on the board") and said[1] == "the logger runs again"
    frames = load([tmp_path])
    assert (frames.time[frames.boot == 2] > 1_700_000_000).all()


def test_a_board_whose_config_is_wrong_gives_its_history_all_the_same(bench, tmp_path, monkeypatch):
    board = bench()
    board.board.run(60)
    board.board.power_off()
    with Files(board.image) as files, files.open("/config.json", "wb") as file:
        file.write(b"{")
    with Files(board.image) as files:
        files.remove("/config.ready")  # the last one that was right would be run
    board.start()
    board.board.go_at(SPEED)
    for name in ("HELLO_S", "START_S"):  # what does not run does not answer later either
        monkeypatch.setattr(talk, name, 0.1)
    said = []
    with (
        port_of(board.board) as port,
        pytest.raises(PacklogError, match=r"pulled; but .* does not run: config\.json: not JSON"),
    ):
        pull(port, tmp_path, said.append)
    assert said[0] == pulling.NO_CLOCK and len(load([tmp_path])) > 0


def test_the_pause_is_a_gap_and_the_time_goes_on_over_it(older, bench, tmp_path):
    board = bench()
    board.board.run(300)
    pulled(board, tmp_path)
    board.board.run(300)
    pulled(board, tmp_path)
    frames = load([tmp_path])
    assert set(frames.boot) == {1, 2}
    step = frames.time[1:] - frames.time[:-1]
    assert step.min() > 0
    second = list(frames.boot).index(2)
    if step[second - 1] > 1:  # a virtual board can be back within the second
        assert frames.hole[second - 1]  # an empty row shows the pause


def test_an_interrupted_pull_goes_on_where_it_ended(bench, tmp_path, monkeypatch):
    board = bench(every_reading(example()))
    board.board.run(600)
    real = Talk.read
    begun, cut = [], []

    def failing(talk, path, offset, count):
        begun.append((path, offset))
        for piece in real(talk, path, offset, count):
            yield piece
            if "/pack/" in path and not cut:
                offset += len(piece)
                if offset >= 960:
                    cut.append(offset)
                    raise PacklogError("the cable came off")

    monkeypatch.setattr(Talk, "read", failing)
    with pytest.raises(PacklogError, match="the cable came off"):
        pulled(board, tmp_path)
    assert (tmp_path / "house/pack/00000001.seg.part").stat().st_size == 960
    pulled(board, tmp_path)
    assert ("house/pack/00000001.seg", 960) in begun
    assert board.board.starts == 1
    assert not list(tmp_path.glob("house/pack/*.part"))
    assert not load([tmp_path]).problems


def test_a_file_of_another_life_of_the_board_is_not_written_over(bench, tmp_path):
    board = bench()
    board.board.run(120)
    folder = tmp_path / "house/pack"
    folder.mkdir(parents=True)
    other = b"PKLG" + bytes(200)
    (folder / "00000001.seg").write_bytes(other)
    pulled(board, tmp_path)
    assert (folder / "00000001.seg").read_bytes() == other
    assert len(list(folder.glob("00000001-*.seg"))) == 1
    board.board.run(120)
    pulled(board, tmp_path)
    assert len(list(folder.glob("00000001-*.seg"))) == 1


def test_a_damaged_copy_is_fetched_again(bench, tmp_path):
    board = bench()
    board.board.run(300)
    pulled(board, tmp_path)
    segment = tmp_path / "house/pack/00000001.seg"
    good = segment.read_bytes()
    segment.write_bytes(good[:100] + bytes(len(good) - 100))
    pulled(board, tmp_path)
    assert segment.read_bytes().startswith(good)


def test_a_full_disk_keeps_what_there_was(bench, tmp_path, monkeypatch):
    board = bench(every_reading(example()))
    board.board.run(300)
    pulled(board, tmp_path)
    segment = tmp_path / "house/pack/00000001.seg"
    before = segment.read_bytes()
    board.board.run(60)

    path_type = type(tmp_path)
    real = path_type.open

    def full(self, *arguments, **options):
        if self.suffix == ".part":
            raise OSError(28, "No space left on device")
        return real(self, *arguments, **options)

    monkeypatch.setattr(path_type, "open", full)
    with pytest.raises(PacklogError, match="No space left on device: make room"):
        pulled(board, tmp_path)
    monkeypatch.undo()
    assert segment.read_bytes() == before and board.board.starts == 1


def on_flash(board, folder):
    """path: contents of all files of a board that may be running."""
    copy = shutil.copy(board.image, folder / "copy.img")
    with Files(Path(copy)) as files:
        paths = [f"{at}/{name}" for at, _, names in files.walk("/") for name in names]
        return {path: files.open(path, "rb").read() for path in paths}


def test_nothing_on_the_board_is_changed_by_a_pull(bench, tmp_path):
    """But for what the logger appends to its segments: what was in RAM, what time it is."""
    board = bench()
    board.board.run(300)
    for _ in range(2):
        before = on_flash(board, tmp_path)
        pulled(board, tmp_path / "out")
        after = on_flash(board, tmp_path)
        assert before.keys() <= after.keys() and len(before) > 10
        for path, data in after.items():
            if path.endswith(".seg"):
                assert data.startswith(before.get(path, b"PKLG"[: len(data)])), path
            elif not path.endswith("/draft"):
                assert data == before.get(path), path


def test_a_shard_takes_the_place_of_the_segment_that_was_pulled_before(bench, tmp_path):
    data = export_history.header(segment.PACK, "house", utc=NOON) + export_history.frames(0, 1000)
    folder, whole = tmp_path / "house/pack", tmp_path / "whole"
    for path, contents in (
        (folder / "00000001.seg", data[: 52 + 13 * 300]),  # pulled while it was written
        (folder / "00000001-0123abcd.seg", data[:-1] + b"?"),  # of another life of the board
        (whole / "house/pack/00000001.seg", data),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    board = bench(files={"/data/house/pack/00000001.seg": data})
    board.board.run(120)
    pulled(board, tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert names[:2] == ["00000001-0123abcd.seg", "00000001.shard"]
    assert "00000001.seg" not in names
    (folder / "00000001-0123abcd.seg").unlink()
    frames, before = load([tmp_path / "house"]), load([whole])
    assert not frames.problems
    first = (frames.boot == 1) & ~frames.hole
    assert (frames.uptime[first] == before.uptime).all() and len(before) == 1000
    assert (frames.time[first] == before.time).all()
    times = sorted((path.name, path.stat().st_mtime) for path in folder.glob("*.shard"))
    pulled(board, tmp_path)
    assert sorted((path.name, path.stat().st_mtime) for path in folder.glob("*.shard")) == times
    assert not (folder / "00000001.seg").exists()


def test_what_is_unfinished_on_the_board_stays_there(bench, tmp_path):
    board = bench()
    board.board.run(120)
    board.board.power_off()
    with Files(board.image) as files:
        for name in ("pack/notes.txt", "pack/00000009.tmp"):
            with files.open(f"/data/house/{name}", "wb") as file:
                file.write(b"x")
    board.start()
    board.board.run(60)
    pulled(board, tmp_path)
    assert [path.name for path in tmp_path.glob("house/pack/*")] == ["00000001.seg"]


class Console:
    """A board that says these lines."""

    port = "/dev/ttyUSB0"

    def __init__(self, *said):
        self.said = said

    def lines(self, seconds):
        return iter(self.said)


BACK = "packlog 0.3.0 did not work here: the one before is back"
RUNS = "packlog house age=0.4 readings=3 frames=1"
STARTS = "packlog house age=0.4 readings=0 frames=0"


def seen_after_a_pull(*lines):
    said = []
    pulling._see_readings(Console(*lines), said.append)
    return said


def test_a_complaint_of_a_logger_that_runs_is_a_hint():
    said = seen_after_a_pull(f"packlog! {BACK}", STARTS, f"packlog! {BACK}", RUNS)
    assert said == ["the logger runs again", f"the logger says: {BACK}"]
    said = seen_after_a_pull(f"packlog! {BACK}", STARTS, f"packlog! {BACK}", STARTS)
    assert said[0] == "the logger runs again, but gets no readings: is the BMS on?"
    assert seen_after_a_pull(RUNS) == ["the logger runs again"]


def test_a_logger_that_does_not_run_is_a_failure():
    wrong = "packlog! config.json: not found"
    with pytest.raises(PacklogError, match=r"does not run: config\.json: not found$"):
        seen_after_a_pull(wrong, wrong, RUNS)
    with pytest.raises(PacklogError, match=r"does not run: reset the board$"):
        seen_after_a_pull("MPY: soft reboot")
