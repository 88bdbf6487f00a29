"""Pulling: only what is new, resumed, verified, and never over something else."""

import shutil

import pytest
from host_tools import pull as pulling
from host_tools.decode import load
from host_tools.errors import PacklogError
from host_tools.pull import pull
from host_tools.sim.workshop import port_of


def pulled(board, folder):
    """Pull; returns what was said."""
    said = []
    with port_of(board.board) as port:
        pull(port, folder, said.append)
    return said


def test_a_second_pull_copies_only_what_has_grown(bench, tmp_path):
    board = bench()
    board.board.run(300)
    assert pulled(board, tmp_path)[0].startswith("1 files on the board, 1 new or grown")
    segment = tmp_path / "house/00000001.seg"
    before = segment.read_bytes()
    board.board.run(300)
    pulled(board, tmp_path)
    after = segment.read_bytes()
    assert after.startswith(before) and len(after) > len(before)
    assert [path.name for path in tmp_path.glob("house/*")] == ["00000001.seg"]


def test_the_pull_dates_what_was_logged_before_it(bench, tmp_path):
    board = bench()
    board.board.run(300)
    pulled(board, tmp_path)
    frames = load([tmp_path])
    assert not frames.problems
    assert (frames.time > 1_700_000_000).all()
    assert frames.boot.max() == 1


def test_the_pause_is_a_gap_and_the_time_goes_on_over_it(bench, tmp_path):
    board = bench()
    board.board.run(300)
    pulled(board, tmp_path)
    board.board.run(300)
    pulled(board, tmp_path)
    frames = load([tmp_path])
    assert set(frames.boot) == {1, 2}
    assert (frames.time[1:] > frames.time[:-1]).all()
    step = frames.time[1:] - frames.time[:-1]
    assert step.max() < 60
    assert (frames.current != frames.current).sum() >= 1  # an empty row shows the pause


def test_an_interrupted_pull_goes_on_where_it_ended(bench, tmp_path, monkeypatch):
    board = bench()
    board.board.run(3600)
    pieces = []
    real = pulling._piece

    def failing(device, remote, offset):
        pieces.append(offset)
        if len(pieces) == 2:
            raise PacklogError("the cable came off")
        return real(device, remote, offset)

    monkeypatch.setattr(pulling, "_piece", failing)
    monkeypatch.setattr(pulling, "CHUNK", 1024)
    with pytest.raises(PacklogError, match="the cable came off"):
        pulled(board, tmp_path)
    assert (tmp_path / "house/00000001.seg.part").stat().st_size == 1024
    board.board.run(30)
    assert board.status().values["boot"] == "2"  # the failed pull has started the logger again
    pieces.append("resumed")
    pulled(board, tmp_path)
    assert pieces[pieces.index("resumed") + 1] == 1024
    assert not list(tmp_path.glob("house/*.part"))
    assert not load([tmp_path]).problems


def test_a_file_of_another_life_of_the_board_is_not_written_over(bench, tmp_path):
    board = bench()
    board.board.run(120)
    folder = tmp_path / "house"
    folder.mkdir()
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
    segment = tmp_path / "house/00000001.seg"
    good = segment.read_bytes()
    segment.write_bytes(good[:100] + bytes(len(good) - 100))
    pulled(board, tmp_path)
    assert segment.read_bytes().startswith(good)


def test_a_full_disk_keeps_what_there_was(bench, tmp_path, monkeypatch):
    board = bench()
    board.board.run(300)
    pulled(board, tmp_path)
    segment = tmp_path / "house/00000001.seg"
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
    assert segment.read_bytes() == before
    board.board.run(30)
    assert board.count("readings") > 5


def test_nothing_on_the_board_is_changed_by_a_pull(bench, tmp_path):
    board = bench()
    board.board.run(300)
    pulled(board, tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    pulled(board, tmp_path / "a")
    first = (tmp_path / "b/house/00000001.seg").read_bytes()
    assert (tmp_path / "a/house/00000001.seg").read_bytes().startswith(first)
