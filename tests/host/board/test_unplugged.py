"""A cable that is pulled while a command listens: a pseudo terminal whose other end goes away."""

import os
import pty
import threading
import tty

import pytest
from host_tools.board import live, watch
from host_tools.board.port import Gone, open_port
from tests.helpers.strange_board import STATUS


@pytest.fixture
def cable():
    """(the name of the port, how its board says something, how to pull the cable)."""
    board, end = pty.openpty()
    tty.setraw(end)
    ends = [end, board]

    def pull():
        while ends:
            os.close(ends.pop(0))

    yield os.ttyname(end), lambda data: os.write(board, data), pull
    pull()


@pytest.mark.parametrize("command", [live.live, watch.watch])
@pytest.mark.parametrize("said", [b"", STATUS, STATUS + STATUS[:20]])
def test_a_command_that_listens_ends_with_one_line(cable, command, said):
    name, say, pull = cable
    threading.Timer(0.2, lambda: (say(said) if said else None, pull())).start()
    with pytest.raises(Gone, match=f"{name} went away: plug the board in again"):
        command(name)


@pytest.mark.parametrize("name", ["timeout", "rts", "dtr"])
def test_a_port_that_went_away_can_be_closed(cable, name):
    port, _, pull = cable
    transport = open_port(port)
    pull()
    setattr(transport.serial, name, True)
    transport.close()
    assert not transport.serial.is_open
