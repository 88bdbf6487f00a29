"""What one does with a new board on the desk: find out what is on it, and install packlog over its
port.

Nothing here but what is done with a real board; only the waiting knows that this one is virtual.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.install.install import install
from host_tools.sim.board.board import Board
from host_tools.sim.vm import ops

START_S = 30


@contextmanager
def port_of(board: Board) -> Iterator[str]:
    """A name for the board's serial port that mpremote can use; the board runs meanwhile."""
    running = board.in_background
    with tempfile.TemporaryDirectory(prefix="packlog-") as folder:
        shown = board.console.link
        board.console.show(Path(folder) / "port")
        if not running:
            board.background()
        try:
            yield str(Path(folder) / "port")
        finally:
            if not running:
                board.stop()
            board.console.hide()
            if shown:
                board.console.show(shown)


def wait_for_start(board: Board) -> None:
    """Wait until main.py runs or the REPL is there. The board must run meanwhile."""
    deadline = time.monotonic() + START_S
    while not board.up and not board.error:
        if time.monotonic() > deadline:
            raise PacklogError("the virtual board does not start: " + board.console.last_line())
        time.sleep(0.02)


def make_ready(
    board: Board, config: Path | None, say: Callable[[str], None], is_new: bool = False
) -> None:
    """Install the firmware if the board's flash is empty, or the config is not the one on it."""
    with port_of(board) as port:
        wait_for_start(board)
        if board.state == ops.REPL or is_new:
            install(port, config, say)
