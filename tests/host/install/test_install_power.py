"""The power goes, or the cable is pulled, in the middle of an install: what is left either is the
old firmware, whole, or starts nothing; and the next install makes it right.
"""

import time

import pytest
from host_tools.ground.errors import PacklogError
from host_tools.sim.vm import ops
from mpremote import transport_serial
from tests.helpers.boards import Files, copy_of
from tests.helpers.installing import OWN, add, board_on, check_installed, mini, on_flash, put

RUNS = "the logger runs: house sends readings"


class Gone(Exception):
    """The PC's program ends here."""


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Two versions of a small firmware: a module changed, one gone, one new."""
    folder = tmp_path_factory.mktemp("trees")
    old = mini(folder / "old", retired="X = 1\n")
    new = mini(
        folder / "new",
        greeting="from lib.words import text\n",
        lib__words="from store.fresh import text\n",
        store__fresh="def text():\n    return 'fresh!'\n",
    )
    with (new / "boot.py").open("a") as file:
        file.write("print('new')\n")
    return old, new


@pytest.fixture(scope="module")
def installed(trees, tmp_path_factory):
    """A flash with the old version, and a user's own files."""
    image = tmp_path_factory.mktemp("installed") / "flash.img"
    with board_on(image) as (_, port):
        put(port, trees[0])
    add(image, OWN)
    return image


def all_steps(image, firmware, version):
    """The steps of an install that nothing interrupts."""
    steps = []
    with board_on(image) as (_, port):
        put(port, firmware, version, on_step=steps.append)
    return steps


def cut(rig):
    """Take the power away, from another thread than the board's."""
    rig.board.at(0, rig.board.power_off)
    while rig.board.powered:
        pass


def interrupted(image, firmware, version, number):
    """Let the power go before step `number` (from 0)."""
    with board_on(image) as (rig, port):
        steps = []

        def on_step(step):
            if len(steps) == number:
                cut(rig)
                raise Gone
            steps.append(step)

        with pytest.raises(Gone):
            put(port, firmware, version, on_step=on_step)
    return steps


def check_and_repair(image, firmware, version, whole, own=None):
    """Switch on: nothing starts, or the firmware that is whole; then install again."""
    with board_on(image) as (rig, port):
        rig.board.stop()
        rig.board.run(0.2)
        console = rig.board.console.transcript.decode()
        assert "Traceback" not in console, console
        assert (rig.board.state == ops.REPL) == (not whole)
        rig.board.background()
        assert put(port, firmware, version)[-1] == RUNS
    check_installed(image, firmware, version, own)


def test_an_upgrade_stops_the_logger_first_and_starts_it_last(installed, trees, tmp_path):
    image = copy_of(installed, tmp_path)
    assert all_steps(image, trees[1], "1.1") == UPGRADE
    check_installed(image, trees[1], "1.1", OWN)


UPGRADE = [
    "write packlog.json",
    "remove main.py",
    "remove retired.mpy",
    "write greeting.mpy",
    "write lib/words.mpy",
    "write store/fresh.mpy",
    "write boot.py",
    "write packlog.json",
    "write main.py",
]


def sampled(numbers, total):
    """All of them in the slow campaign, these by default."""
    slow = [pytest.param(n, marks=pytest.mark.slow) for n in range(total) if n not in numbers]
    return [*numbers, *slow]


@pytest.mark.parametrize("number", sampled([1, 2, 5, 8], len(UPGRADE)))
def test_power_cut_before_each_step_of_an_upgrade(installed, trees, tmp_path, number):
    image = copy_of(installed, tmp_path)
    assert interrupted(image, trees[1], "1.1", number) == UPGRADE[:number]
    check_and_repair(image, trees[1], "1.1", number <= UPGRADE.index("remove main.py"), OWN)


@pytest.mark.parametrize("number", sampled([6], len(UPGRADE)))
def test_after_a_power_cut_the_old_version_can_be_had_again(installed, trees, tmp_path, number):
    image = copy_of(installed, tmp_path)
    interrupted(image, trees[1], "1.1", number)
    check_and_repair(image, trees[0], "1.0", number <= UPGRADE.index("remove main.py"), OWN)


@pytest.mark.parametrize("number", sampled([1, 4], 10))
def test_power_cut_in_a_first_install(trees, tmp_path, number):
    image = tmp_path / "flash.img"
    interrupted(image, trees[0], "1.0", number)
    check_and_repair(image, trees[0], "1.0", False)


class Hurry:
    """time for mpremote, which waits ten seconds for each answer that will not come: they pass at
    once when the board has no power.
    """

    def __init__(self, board):
        self._board = board
        self._skipped = 0

    def monotonic(self):
        if not self._board.powered:
            self._skipped += 10
        return time.monotonic() + self._skipped

    def sleep(self, seconds):
        time.sleep(min(seconds, 0.001))


def cut_at_operation(image, firmware, operation, monkeypatch):
    """Let the power go in the middle of a flash operation, counted from the first step on."""
    with board_on(image) as (rig, port), monkeypatch.context() as patch:
        patch.setattr(transport_serial, "time", Hurry(rig.board))
        patch.setattr("host_tools.board.device.ANSWER_S", 5)  # for two bytes

        def on_step(step):
            flash = rig.board.flash
            flash.cut_at = flash.cut_at or flash.operations + operation

        try:
            put(port, firmware, "1.1", on_step=on_step)
        except PacklogError:
            assert not rig.board.powered
            return False
        return rig.board.powered


def repaired(image, trees):
    """Switch on, see that no mix runs, install again."""
    found = on_flash(image)
    main_whole = "/main.py" in found
    check_and_repair(image, trees[1], "1.1", main_whole, OWN)


@pytest.mark.parametrize("operation", [9])
def test_power_cut_in_a_flash_operation(installed, trees, tmp_path, monkeypatch, operation):
    image = copy_of(installed, tmp_path)
    assert not cut_at_operation(image, trees[1], operation, monkeypatch)
    repaired(image, trees)


@pytest.mark.slow
def test_power_cut_in_every_flash_operation(installed, trees, tmp_path, monkeypatch):
    operation = 1
    while True:
        image = copy_of(installed, tmp_path)
        if cut_at_operation(image, trees[1], operation, monkeypatch):
            break
        repaired(image, trees)
        operation += 1
    assert operation > 30


def test_a_cable_pulled_in_the_middle_of_a_file(installed, trees, tmp_path, monkeypatch):
    from host_tools.board.device import Device

    image = copy_of(installed, tmp_path)
    write = Device.write_file

    def half(self, path, data, progress=None):
        if self.half_next:
            write(self, path, data[: len(data) // 2], progress)
            raise Gone
        write(self, path, data, progress)

    monkeypatch.setattr(Device, "write_file", half)
    monkeypatch.setattr(Device, "half_next", False, raising=False)

    def on_step(step):
        Device.half_next = step == "write lib/words.mpy"

    with board_on(image) as (_, port), pytest.raises(Gone):
        put(port, trees[1], "1.1", on_step=on_step)
    Device.half_next = False
    with Files(image) as files:
        assert "packlog.new" in files.listdir("/")
    check_and_repair(image, trees[1], "1.1", False, OWN)
