"""Asking a logger that runs: what is cut, damaged or lost is asked again; nothing else counts."""

import random
import zlib

import pytest
from host_tools.board import talk
from host_tools.board.port import Port
from host_tools.board.talk import Answer, Lost, Refused, Talk, Unanswered
from tests.helpers.strange_board import STATUS, Board, Clock, plugged_in
from tests.helpers.talking_board import DATA, PIECE, Logger, pieces


def talking(board: Logger) -> Talk:
    return Talk("port", Port(board))


@pytest.fixture
def clock():
    return Clock()


def test_an_answer_and_what_else_is_said_meanwhile(monkeypatch, clock):
    with plugged_in(monkeypatch, Logger(clock, lambda said: STATUS + said + STATUS)) as board:
        said, lines = talking(board).ask_and_hear("files")
    assert said == DATA and lines == STATUS.decode()
    assert [words[0] for words in board.asked] == [b"hello", b"files"]


def test_what_the_logger_refuses(monkeypatch, clock):
    with plugged_in(monkeypatch, Logger(clock)) as board, pytest.raises(Refused, match=r"^gone$"):
        talking(board).ask("config")


def spoiled_once(how):
    """The first answer as how() makes it, the others as they are."""
    done = []

    def spoil(said):
        done.append(said)
        return how(said) if len(done) == 1 else said

    return spoil


@pytest.mark.parametrize("verb", ["files", "read"])
def test_a_cut_at_any_byte_is_made_up_for(monkeypatch, clock, verb):
    whole = len(pieces(b"00", DATA))
    with plugged_in(monkeypatch, Logger(clock)) as board:
        found = talking(board)
        for at in range(0, whole, 17):
            board.asked.clear()
            board.spoil = spoiled_once(lambda said, at=at: said[:at])
            if verb == "files":
                assert found.ask("files") == DATA, at
                continue
            assert b"".join(found.read("a/b/c", 0, len(DATA))) == DATA, at
            kept = PIECE * max(0, (at - 15) // (PIECE + 15) + ((at - 15) % (PIECE + 15) >= PIECE))
            assert board.asked[1][2:] == [b"%d" % kept, b"%d" % (len(DATA) - kept)], at
    assert whole > 1000


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_byte_is_never_taken(monkeypatch, clock, seed):
    chance = random.Random(seed)

    def damage(said):
        at = chance.randrange(len(said))
        return said[:at] + bytes((said[at] ^ 1 << chance.randrange(8),)) + said[at + 1 :]

    with plugged_in(monkeypatch, Logger(clock)) as board:
        found = talking(board)
        for _ in range(40):
            board.spoil = spoiled_once(damage)
            assert b"".join(found.read("a/b/c", 0, len(DATA))) == DATA


@pytest.mark.parametrize("seed", range(3))
def test_lines_of_others_and_lost_pieces_anywhere(monkeypatch, clock, seed):
    chance = random.Random(seed)

    def spoil(said):
        at, end = sorted(chance.randrange(len(said)) for _ in range(2))
        return said[:at] + chance.choice([STATUS, b"~", b"", said[:40]]) + said[end:]

    with plugged_in(monkeypatch, Logger(clock)) as board:
        found = talking(board)
        for _ in range(40):
            board.spoil = spoiled_once(spoil)
            assert b"".join(found.read("a/b/c", 0, len(DATA))) == DATA


def test_a_board_that_goes_on_failing_is_given_up(monkeypatch, clock):
    with plugged_in(monkeypatch, Logger(clock, lambda said: said[:100])) as board:
        found = talking(board)
        begun = clock.now
        for ask in (lambda: found.ask("files"), lambda: list(found.read("a/b/c", 0, 900))):
            with pytest.raises(Lost, match="the board at port stopped answering"):
                ask()
    assert clock.now - begun < 2 * talk.ATTEMPTS * (talk.SILENT_S + 1)


def test_an_answer_without_end_ends(monkeypatch, clock):
    """Each piece is right, and there is always one more."""

    class Endless(Logger):
        crc = 0

        @property
        def in_waiting(self):
            if self.asked and self.asked[-1][0] == b"files" and len(self._out) < 100:
                part = b"x" * 200
                head = b"~." + self.text[:2] + b"c8"
                self.crc = zlib.crc32(part, zlib.crc32(head, self.crc or zlib.crc32(self.text)))
                self.put(head + b"%08x\n" % self.crc + part)
            return Board.in_waiting.fget(self)

        def take(self, data):
            self.text, self.crc = data[11:-1], 0
            super().take(data)

        def said(self, verb, *words):
            return Logger.said(self, verb, *words) if verb == b"hello" else (b"", b".")

    with plugged_in(monkeypatch, Endless(clock)) as board:
        found = talking(board)
        begun = clock.now
        with pytest.raises(Lost):
            found.ask("files")
    assert clock.now - begun < talk.ATTEMPTS * (talk.ANSWER_S + 1)


def test_nobody_answers(monkeypatch, clock):
    with plugged_in(monkeypatch, Board(clock)) as board:
        begun = clock.now
        with pytest.raises(Unanswered, match="nothing at port answers while it runs"):
            talking(board)
    assert clock.now - begun < 5


def test_a_repl_is_known_by_its_echo(monkeypatch, clock):
    class Repl(Board):
        def take(self, data):
            self.put(b">>> " + data.replace(b"\n", b"\r\n") + b"SyntaxError: invalid syntax\r\n")

    with plugged_in(monkeypatch, Repl(clock)) as board:
        begun = clock.now
        with pytest.raises(Unanswered):
            talking(board)
    assert clock.now - begun < 1


def test_a_board_that_has_just_begun_to_start_is_waited_for(monkeypatch, clock):
    class Starting(Logger):
        def take(self, data):
            if clock.now < self.up:
                self.put(b"packlog: firmware 0123\r\n")
            else:
                super().take(data)

    with plugged_in(monkeypatch, Starting(clock)) as board:
        board.up = clock.now + 12
        talking(board)
        assert board.up < clock.now < board.up + 2


def test_pieces_of_another_answer_are_no_pieces_of_this():
    answer = Answer(b"07abcdef files")
    assert list(answer.feed(pieces(b"08abcdef files", b"x" * 300))) == []
    assert b"x" * 240 in answer.text
    with pytest.raises(Lost):  # of the same tag, but nobody knew the random part
        list(answer.feed(pieces(b"07000000 files", b"y")))


def test_more_than_was_asked_for_is_not_taken(monkeypatch, clock):
    class Generous(Logger):
        def said(self, verb, *words):
            return (DATA,) if verb == b"read" else super().said(verb, *words)

    with plugged_in(monkeypatch, Generous(clock)) as board:
        for count in (10, PIECE + 10):
            said = b""
            with pytest.raises(Lost):
                for piece in talking(board).read("a/b/c", 0, count):
                    said += piece
            assert said == DATA[: count // PIECE * PIECE]
