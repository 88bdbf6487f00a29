"""Boards that hang, chatter, flood and restart: each command ends, in a bounded time, in words."""

import itertools

import pytest
import serial
from host_tools.board import device, live, port, talk, watch
from host_tools.board.device import Device, persist
from host_tools.board.port import Gone, Restarted, read_lines
from host_tools.board.script import FOLDER
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import FIRMWARE
from tests.helpers.strange_board import (
    BANNER,
    BOOT,
    STATUS,
    Board,
    Clock,
    called,
    plugged_in,
    transport,
)

TEN_MINUTES = 600  # what a board's watchdog gives the PC


@pytest.fixture
def clock():
    return Clock()


def held(board: Board, code: str = "print(1)") -> str:
    with Device("port") as found, found.stopped():
        return found.run(code)


def test_a_board_that_answers(monkeypatch, clock):
    with plugged_in(monkeypatch, Board(clock, lambda code: "1\r\n")) as board:
        assert held(board) == "1\r\n"
    assert list(map(called, board.codes)) == ["hold_off", "set_clock", "print"]
    assert board.starts == 1 and board.running  # the logger runs again


@pytest.mark.parametrize(
    "boot",
    [
        BOOT,
        b"ESP-ROM:esp32c3-api1-20210207\r\n",
        b"\xf0\x00noise of a supply\r\n" + STATUS,
        b"rest of a line\r\npacklog house age=-- voltage=-- readings=0\r\n",
        b"\r\npacklog: safe mode, BOOT is pressed\r\n",
        b'\r\nMicroPython v1.27.0 on 2026-01-01; ESP32C3\r\nType "help()" for more\r\n>>> ',
    ],
)
def test_a_restart_where_an_answer_is_due_is_seen_at_once(monkeypatch, clock, boot):
    """The port stays, and the logger prints its status every 5 s: mpremote alone never ends."""

    def answer(code):
        return board.restart(boot) if code == "print(1)" else ""

    with plugged_in(monkeypatch, Board(clock, answer)) as board:
        begun = clock.now
        with pytest.raises(Restarted, match="the board at port was reset"):
            held(board)
    assert clock.now - begun < 2 and board.starts == 1  # and it is left running


@pytest.mark.parametrize("piece", range(1, 60, 7))
def test_a_restart_is_seen_in_whatever_pieces_it_comes(clock, piece):
    board = Board(clock)
    board.running = False
    found = port.Port(board)
    with pytest.raises(port.Rebooted), found.exchange(10):
        for at in range(0, len(BOOT), piece):
            board.put(BOOT[at : at + piece])
            found.read(found.in_waiting)


def test_the_words_of_a_start_in_a_file_are_not_a_start(clock):
    """Text of the user's, as `text` prints it."""
    board = Board(clock)
    board.running = False
    found = port.Port(board)
    with found.exchange(10):
        board.put(
            b'# packlog starting\r\n{"packlog house age=": "MicroPython v1"}\r\npacklog! x\r\n'
        )
        assert len(found.read(found.in_waiting)) > 60


def test_the_scripts_and_starters_do_not_look_like_a_start():
    files = [FIRMWARE / name for name in ("boot.py", "main.py", "config.json")]
    for path in [*FOLDER.glob("*.py"), *files]:
        assert not port._STARTING.search(b"\n" + path.read_bytes()), path


def test_work_is_done_again_on_a_board_that_restarted(monkeypatch, clock):
    said = []

    def answer(code):
        return board.restart() if code == "print(1)" and board.starts == 0 else "1"

    with plugged_in(monkeypatch, Board(clock, answer)) as board:
        assert persist("port", said.append, lambda found: _stop_and_ask(found)) == "1"
    assert said == ["the board at port was reset: trying again"]


def _stop_and_ask(found: Device) -> str:
    with found.stopped():
        return found.run("print(1)")


def test_a_board_that_restarts_on_and_on_is_given_up(monkeypatch, clock):
    begun, said = clock.now, []
    with plugged_in(monkeypatch, Board(clock)) as board:
        board.answer = lambda code: board.restart() if code == "print(1)" else ""
        with pytest.raises(PacklogError, match="was reset 3 times meanwhile: look at its supply"):
            persist("port", said.append, _stop_and_ask)
    assert len(said) == 2 and clock.now - begun < 60


def test_a_port_that_goes_away_and_comes_back_is_a_restart_too(monkeypatch, clock):
    class Usb(Board):
        gone = False

        @property
        def in_waiting(self):
            if self.gone:
                raise OSError(5, "Input/output error")
            return Board.in_waiting.fget(self)

    def answer(code):
        board.gone = code == "print(1)" and not board.starts
        return board.restart() if board.gone else "1"

    def reopened(name, missing_s=0):
        board.gone = False
        return transport(board)

    said = []
    with plugged_in(monkeypatch, Usb(clock, answer)) as board, monkeypatch.context() as patch:
        patch.setattr(device, "open_port", reopened)
        assert persist("port", said.append, _stop_and_ask) == "1"
    assert said == ["the board at port went away: trying again"]


def test_a_port_that_does_not_come_back_is_one_line(monkeypatch, clock):
    monkeypatch.setattr(port, "time", clock)
    begun = clock.now
    with pytest.raises(PacklogError, match="/dev/nonesuch does not exist"):
        port.open_port("/dev/nonesuch", missing_s=10)
    assert 10 < clock.now - begun < 11


CHATTER = {
    "silence": (1e9, b""),
    "dots": (0.5, b"."),
    "lines": (5.0, b"hello\r\n"),
    "a flood": (0.1, b"x" * 3000),
    "a flood of ends": (0.1, b"\x04" * 3000),
    "a flood of ones": (0.1, b"\x01" * 3000),
    "a flood of prompts": (0.1, b">" * 3000),
}


@pytest.mark.parametrize("chatter", CHATTER)
@pytest.mark.parametrize("paste", [b"R\x00", b"R\x01\x80\x00", b"ra"])
def test_a_board_that_never_ends_its_answer(monkeypatch, clock, chatter, paste):
    """Whatever it goes on to print, in raw REPL, raw paste mode, or neither."""

    class Strange(Board):
        def take(self, data):
            if data != b"\x05A\x01":
                super().take(data)
                return
            self.running, self.every, self._next = True, CHATTER[chatter], self.clock.now
            self.put(paste)

    with plugged_in(monkeypatch, Strange(clock)) as board:
        begun = clock.now
        with pytest.raises(PacklogError, match="stopped answering"):
            held(board)
    assert clock.now - begun < device.EXCHANGE_S + 30


@pytest.mark.parametrize("chatter", CHATTER)
def test_a_board_that_is_no_micropython(monkeypatch, clock, chatter):
    class Strange(Board):
        def take(self, data):
            pass

    with plugged_in(monkeypatch, Strange(clock)) as board:
        board.every, begun = CHATTER[chatter], clock.now
        with pytest.raises(PacklogError, match="does not answer as MicroPython"):
            held(board)
    assert clock.now - begun <= device.ATTEMPTS * (device.REPL_S + 1)


def test_a_board_that_says_the_prompt_and_goes_on_talking(monkeypatch, clock):
    class Strange(Board):
        def take(self, data):
            self.every = (0.05, BANNER)

    with plugged_in(monkeypatch, Strange(clock)) as board:
        begun = clock.now
        with pytest.raises(PacklogError):
            held(board)
    assert clock.now - begun < 2 * TEN_MINUTES / 10


def test_a_board_that_takes_nothing(monkeypatch, clock):
    class Strange(Board):
        def write(self, data):
            raise serial.SerialTimeoutException("Write timeout")

    with (
        plugged_in(monkeypatch, Strange(clock)) as board,
        pytest.raises(PacklogError, match="takes nothing: reset it"),
    ):
        held(board)


def test_an_answer_without_end_does_not_fill_the_memory(monkeypatch, clock):
    with plugged_in(monkeypatch, Board(clock)) as board:
        board.answer = lambda code: "x" * (2 * port.LIMIT) if code == "print(1)" else ""
        with pytest.raises(PacklogError, match="stopped answering"):
            held(board)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        ("\r\n", "nothing"),
        (" \r\n\r\n", "nothing"),
        ("Traceback:\r\n  x\r\nOSError: 5\r\n", "OSError: 5"),
    ],
)
def test_an_error_on_the_board_is_its_last_line(monkeypatch, clock, raised, said):
    with plugged_in(monkeypatch, Board(clock)) as board:
        board.answer = lambda code: ("", raised) if code == "print(1)" else ""
        with pytest.raises(PacklogError, match=f"the board at port said: {said}$"):
            held(board)


def test_whoever_holds_the_board_feeds_its_watchdog(monkeypatch, clock):
    """A pull that takes longer than the ten minutes that Ctrl-C has left it."""
    fed = []

    def answer(code):
        if called(code) == "hold_off":
            fed.append(clock.now)
        clock.sleep(7)
        return ""

    with plugged_in(monkeypatch, Board(clock, answer)), Device("port") as found, found.stopped():
        for _ in range(300):
            found.run("x")
    assert clock.now - fed[0] > 3 * TEN_MINUTES
    assert max(b - a for a, b in itertools.pairwise(fed)) < TEN_MINUTES / 5


# What only listens


@pytest.mark.parametrize("chatter", CHATTER)
@pytest.mark.parametrize("command", [live.live, watch.watch])
def test_a_port_that_says_nothing_of_packlogs(monkeypatch, clock, command, chatter):
    with plugged_in(monkeypatch, Board(clock)) as board:
        board.every, begun = CHATTER[chatter], clock.now
        with pytest.raises(PacklogError, match="no packlog is running at"):
            command("port")
    assert clock.now - begun < 30


def test_lines_without_end_take_no_memory(clock, monkeypatch):
    monkeypatch.setattr(port, "time", clock)
    board = Board(clock)
    board.every = (0.1, b"x" * 3000)
    assert set(read_lines(transport(board), 30)) == {""}
    board.every = (1, b"y" * 6000 + b"\n" + STATUS)
    assert set(read_lines(transport(board), 30)) == {"", STATUS.decode().strip()}


def test_info_ends_although_the_health_line_never_comes(monkeypatch, clock):
    with plugged_in(monkeypatch, Board(clock)) as board:
        board.every, begun = (1, STATUS), clock.now
        with pytest.raises(PacklogError, match="no packlog is running at"):
            live.live("port")
    assert clock.now - begun < talk.HELLOS * talk.HELLO_S + live.ROUND_S + 2


def test_a_board_of_a_thousand_packs_and_troubles_is_cut_short(monkeypatch, clock, capsys):
    health = b"packlog health uptime=1\r\n"
    packs = b"".join(b"packlog p%d readings=1\r\n" % i for i in range(1000))
    troubles = b"".join(b"packlog! trouble %d\r\n" % i for i in range(1000))
    with plugged_in(monkeypatch, Board(clock)) as board:
        board.every = (1, packs + troubles + health)
        live.live("port")
    said = capsys.readouterr().out
    assert said.count("Readings since") == live.MOST_PACKS
    assert said.count("trouble:") == live.MOST_TROUBLES


def test_a_port_that_goes_away_while_one_listens(monkeypatch, clock):
    class Strange(Board):
        @property
        def in_waiting(self):
            raise OSError(5, "Input/output error")

    with (
        plugged_in(monkeypatch, Strange(clock)),
        pytest.raises(Gone, match="plug the board in again"),
    ):
        watch.watch("port")
