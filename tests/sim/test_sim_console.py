"""The virtual board's serial port, as the PC's programs use it."""

import os

from host_tools.sim.vm import ops


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
