"""The virtual board's serial port, as the PC's programs use it."""

import os

import pytest
from host_tools.sim.board.console import Cooked
from host_tools.sim.board.received import SIZE, Received
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.vm import ops
from tests.helpers.boards import new_flash


def write_and_close(port, data):
    """As a program does that ends at once: the board has had no time to look meanwhile."""
    fd = os.open(port, os.O_WRONLY | os.O_NOCTTY)
    os.write(fd, data)
    os.close(fd)


def test_what_is_written_last_arrives_though_the_port_is_closed_at_once(bench):
    board = bench().board
    board.run(10)
    assert board.state == ops.RUNNING
    write_and_close(board.console.port, b"\x03")
    board.run(2)
    assert board.state == ops.REPL
    write_and_close(board.console.port, b"\x04")
    board.run(2)
    assert board.up and board.state == ops.RUNNING


SAYS = """
import sys, time
def show(words):
    begun = time.ticks_us()
    words()
    return time.ticks_diff(time.ticks_us(), begun)
took = []
time.sleep(1)
took.append(show(lambda: sys.stdout.buffer.write(b"a\\nb\\r\\n\\x00" + bytes(range(256)))))
time.sleep(1)
took.append(show(lambda: print("x" * 100)))
time.sleep(1)
took.append(show(lambda: print("y" * 998)))
print("took", *took)
"""


def said_by(tmp_path, main, **settings):
    """What a board with that main.py says, and the board."""
    flash = new_flash(tmp_path / "flash.img", {"/main.py": main.encode()})
    rig = Rig(Plan(flash=flash, speed=0, settings=settings))
    board = rig.board
    said = bytearray()
    board.console.say = said.extend
    try:
        board.power_on()
        board.run(10)
        return bytes(said), board
    finally:
        board.close()


def test_bytes_go_as_they_are_and_text_with_returns(tmp_path):
    said, _ = said_by(tmp_path, SAYS)
    raw = b"a\nb\r\n\x00" + bytes(range(256))
    assert said.startswith(raw + b"x" * 100 + b"\r\n" + b"y" * 998 + b"\r\ntook ")


def test_what_is_said_takes_its_time_at_the_line_s_speed(tmp_path):
    """All but what the chip's FIFO of 128 bytes takes at once."""

    def took(**settings):
        said, _ = said_by(tmp_path, SAYS, **settings)
        return [int(word) for word in said.split(b"took ")[1].split()[:3]]

    assert took() == [pytest.approx((262 - 128) * 86, abs=200), pytest.approx(5, abs=50),
                      pytest.approx((1000 - 128) * 86, abs=600)]  # fmt: skip
    assert max(took(baudrate=921600)[2], 0) == pytest.approx((1000 - 128) * 10, abs=200)
    assert max(took(baudrate=0)) < 100


def test_what_comes_in_takes_its_time_and_what_finds_no_room_is_lost():
    line = Received(115200)
    line.put(b"hello", 1000)
    assert line.waiting(1000) == 0 and line.next_us(1000) == 1087
    assert line.read(10, 1087) == b"h" and line.read(10, 1500) == b"ello"
    line.put(bytes(1000), 2000)
    assert line.waiting(2000 + 87 * 1000) == SIZE
    assert line.next_us(200_000) == 200_000
    line.put(b"rest", 200_000)
    assert line.rest()[-4:] == b"rest" and line.next_us(300_000) is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_raw_bytes_pass_in_whatever_pieces_the_terminal_gives_them(size):
    raw = b"\n\r\n\x00\x1braw" + ops.RAW
    sent = b"a\nb\x00c\r\n" + ops.RAW + bytes((len(raw), 0)) + raw + b"\nd\x00"
    cooked = Cooked()
    said = b"".join(cooked.pass_on(sent[at : at + size]) for at in range(0, len(sent), size))
    assert (said + cooked.pass_on(b"\n")) == b"a\r\nb\x00c\r\n" + raw + b"\r\nd\x00\r\n"
