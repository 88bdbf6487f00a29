"""The board loses its power for a moment while a command is at work on it, and the port stays, as
that of a USB bridge does. Each command goes on by itself, or ends with a line.
"""

import contextlib
import io
import shutil

import pytest
from host_tools.board import bluetooth, configure, device, reconfigure
from host_tools.board.pull import pull
from host_tools.ground.errors import PacklogError
from host_tools.history.frames import load
from host_tools.install.install import Options, install
from host_tools.sim.workshop import port_of, wait_for_start
from tests.helpers.boards import Bench
from tests.helpers.installing import board_on, mini, put

COMMANDS = {
    "pull": lambda port, folder, say: pull(port, folder / "history", say),
    "config show": lambda port, folder, say: configure.show(port),
    "config set": lambda port, folder, say: reconfigure.change(port, [("lcd.page_s", "7")], say),
    "scan": lambda port, folder, say: bluetooth.scan(port, 1, say),
    "release": lambda port, folder, say: bluetooth.release(port, 5, say),
    "install": lambda port, folder, say: install(
        port, None, say, Options(firmware=folder / "new", version="1.1")
    ),
}
ASKED = ("pull", "config show", "release")  # of the logger as it runs: what is lost is asked again
ENDS = {"scan": "Bluetooth does not work", "release": "is connected to no BMS"}  # of this board


class Cycler:
    """Takes the power away for a moment at a step: when the PC begins an exchange, and when the
    board has all of it and works on it.
    """

    def __init__(self, board, number=None):
        self.steps = 0
        self._board, self._number = board, number
        self._pass_on = board.console.from_pc
        board.console.from_pc = self.from_pc

    def from_pc(self, now_us):
        """Count what the PC sends by the answers that it asks for."""
        starts, asked = self._board.starts, self._board.console.running or self._board.console.raw
        heard = self._pass_on(now_us)
        if self._board.starts == starts and asked:
            self.steps += 1
            if self.steps == self._number:
                self._board.power_off()
                self._board.power_on()
        return heard


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A board with a small firmware, and the next version of that."""
    folder = tmp_path_factory.mktemp("small")
    image = folder / "flash.img"
    with board_on(image) as (_, port):
        put(port, mini(folder / "old"))
    mini(folder / "new", greeting="def text():\n    return 'hello!'\n")
    return folder


@pytest.fixture(scope="module")
def logged(installed, tmp_path_factory):
    """A board that has logged for five minutes."""
    image = tmp_path_factory.mktemp("logged") / "flash.img"
    shutil.copy(installed, image)
    board = Bench(image).start()
    board.board.run(300)
    board.close()
    return image


def cycled(name, images, folder, number=None):
    """Run a command with the power gone for a moment in that step: (steps, how it ended)."""
    folder.mkdir()
    logged, small = images
    image = shutil.copy(small / "flash.img" if name == "install" else logged, folder / "flash.img")
    shutil.copytree(small / "new", folder / "new")
    board = Bench(image)
    cycler = Cycler(board.board, number)
    board.start()
    said, printed = [], io.StringIO()
    try:
        with port_of(board.board) as port:
            wait_for_start(board.board)
            try:
                with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                    COMMANDS[name](port, folder, said.append)
                end = "done"
            except PacklogError as error:
                end = str(error)
            assert board.board.error is None
        if number and name == "pull" and end == "done":
            assert not load([folder / "history"]).problems
        said += printed.getvalue().splitlines()
        restarted = any("was reset: trying again" in line for line in said)
        return cycler.steps, end, restarted
    finally:
        board.close()


def try_steps(name, images, folder, numbers):
    steps, end, _ = cycled(name, images, folder / "whole")
    expected = ENDS.get(name, "done")
    assert expected in end and steps > 1
    noticed = 0
    for number in numbers(steps):
        _, end, restarted = cycled(name, images, folder / str(number), number)
        shutil.rmtree(folder / str(number))
        noticed += restarted
        assert expected in end, f"{name}, cycled in step {number} of {steps}: {end}"
    return steps, noticed


@pytest.fixture
def images(logged, small, monkeypatch):
    monkeypatch.setattr(device, "SILENT_S", 2)
    return logged, small


@pytest.mark.parametrize("name", ["pull", "config set", "install"])
def test_the_power_is_gone_for_a_moment_in_the_middle_of_a_command(name, images, tmp_path):
    _, noticed = try_steps(name, images, tmp_path, lambda steps: [steps * 2 // 3])
    assert noticed == (name not in ASKED)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_the_power_is_gone_for_a_moment_at_every_step_of_a_command(name, images, tmp_path):
    steps, noticed = try_steps(name, images, tmp_path, lambda steps: range(1, steps + 1))
    print(f"{name}: {steps} steps, {noticed} restarts noticed where an answer was due")
    assert name in ASKED or noticed > steps // 4
