"""Where pull puts files: names of strangers, and boards whose packs have the same name."""

import base64
import json
import re
import zlib

import pytest
from host_tools.board import listing
from host_tools.board.pull import pull
from host_tools.ground.errors import PacklogError
from tests.helpers.segment_bytes import frames, header
from tests.helpers.strange_board import Board, Clock, called, plugged_in


def listed(path: str, data: bytes) -> str:
    *_, pack, series, name = path.split("/")
    head = zlib.crc32(data[: listing.HEAD.get(name[8:], 48)])
    return json.dumps(["file", pack, series, name, len(data), head, data[-4:].hex()]) + "\r\n"


class History(Board):
    """A board with these files below /data, path -> contents, and more lines in its list."""

    def __init__(self, files: dict[str, bytes], more: str = ""):
        super().__init__(Clock(), self.reply)
        self.files, self.more = files, more

    def reply(self, code):
        if found := re.search(r"piece\('([^']*)', (\d+), (\d+)\)", code):
            at, count = int(found[2]), int(found[3])
            data = self.files[found[1]][at : at + count]
            return f"{base64.b64encode(data).decode()}\r\n{zlib.crc32(data)}\r\n"
        if found := re.search(r"crc\('([^']*)', (\d+)\)\)", code):
            return str(zlib.crc32(self.files[found[1]][: int(found[2])]))
        if called(code) == "history":
            return "".join(listed(*file) for file in self.files.items()) + self.more
        return {"is_starting": "no", "set_clock": "logger"}.get(called(code), "")


def pulled(monkeypatch, board, folder, **options):
    said = []
    with plugged_in(monkeypatch, board):
        pull("port", folder, said.append, **options)
    return said


def of_log(log, *times):
    return {"house/pack/00000001.seg": header(log=log) + frames(*times)}


def there(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_a_board_s_files(monkeypatch, tmp_path):
    said = pulled(monkeypatch, History(of_log(7, 0, 10)), tmp_path)
    assert there(tmp_path) == ["house/pack/00000001.seg"]
    assert (tmp_path / "house/pack/00000001.seg").read_bytes() == header(log=7) + frames(0, 10)
    assert said[0] == "1 files on the board, 1 new or grown (78 bytes)"


def test_another_board_with_a_pack_of_that_name_is_refused(monkeypatch, tmp_path):
    pulled(monkeypatch, History(of_log(7, 0, 10)), tmp_path)
    before = (tmp_path / "house/pack/00000001.seg").read_bytes()
    other = History(of_log(0x1A2B, 0, 20))
    with pytest.raises(PacklogError, match=r"another board.*\(log 0007; the board has 1a2b\)"):
        pulled(monkeypatch, other, tmp_path)
    assert there(tmp_path) == ["house/pack/00000001.seg"] and other.running
    assert (tmp_path / "house/pack/00000001.seg").read_bytes() == before
    pulled(monkeypatch, other, tmp_path, join=True)
    assert len(there(tmp_path)) == 2
    pulled(monkeypatch, other, tmp_path)  # it is known there now
    pulled(monkeypatch, History(of_log(7, 0, 10, 20)), tmp_path)
    assert len(there(tmp_path)) == 2


STRANGE = [
    ("../../x", "pack", "00000001.seg"),
    ("/etc", "pack", "00000001.seg"),
    ("house", "..", "00000001.seg"),
    ("house", "pack", "../../../../x.seg"),
    ("house", "pack", "00000001.seg/../x.seg"),
    ("ho\x1buse", "pack", "00000001.seg"),
    ("house", "pack", "0000\x00001.seg"),
    ("the house", "old notes", "00000001.seg"),
    (None, 1, []),
]


def test_names_that_lead_elsewhere_are_named_and_passed_over(monkeypatch, tmp_path):
    more = "".join(json.dumps(["file", *names, 1, "00", ""]) + "\r\n" for names in STRANGE)
    more += json.dumps(["stray", "/data/a note"]) + "\r\n"
    folder = tmp_path / "in/history"
    said = pulled(monkeypatch, History(of_log(7, 0, 10), more), folder)
    assert there(tmp_path) == ["in/history/house/pack/00000001.seg"]
    passed = [line for line in said if line.startswith("skipped on the board")]
    assert len(passed) == len(STRANGE) + 1 and passed[-1].endswith(": /data/a note")


def test_a_file_without_end_is_passed_over(monkeypatch, tmp_path):
    more = json.dumps(["file", "house", "pack", "00000002.seg", 10**12, "00", ""]) + "\r\n"
    said = pulled(monkeypatch, History(of_log(7, 0, 10), more), tmp_path)
    assert said[0].endswith("/data/house/pack/00000002.seg") and len(there(tmp_path)) == 1


def test_many_strays_are_a_few_lines(monkeypatch, tmp_path):
    more = "".join(json.dumps(["stray", f"/data/{i}"]) + "\r\n" for i in range(500))
    said = pulled(monkeypatch, History(of_log(7, 0, 10), more), tmp_path)
    assert said[10] == "... and 490 more" and len(said) == 13


def test_a_board_that_restarts_in_the_middle_of_a_file(monkeypatch, tmp_path):
    """The command goes on by itself, and with what it has."""
    board = History({"house/pack/00000001.seg": header() + frames(*range(0, 12000, 10))})
    pieces = []

    def reply(code):
        if code.startswith("piece("):
            pieces.append(code)
            if len(pieces) == 3:
                board.restart()
                return None
        return History.reply(board, code)

    board.answer = reply
    said = pulled(monkeypatch, board, tmp_path)
    assert said[0] == "the board at port was reset: trying again"
    assert said[1] == "1 files on the board, 1 new or grown (15652 bytes)"
    assert len(pieces) == 5  # the third once more, and the fourth
