"""The power goes, or the cable is pulled, in the middle of an install: what is left starts the
old firmware or the new one, and the next install goes on from there.
"""

import re
import time

import pytest
from host_tools.board.device import Device
from host_tools.build.compile import Form, build
from host_tools.ground.errors import PacklogError
from host_tools.install import deploy
from host_tools.sim.rig import Plan, Rig
from mpremote import transport_serial
from tests.helpers.boards import Files, copy_of
from tests.helpers.flash_replay import Recording, cut_short
from tests.helpers.installing import (
    OWN,
    X64,
    add,
    board_on,
    check_installed,
    mini,
    on_flash,
    put,
)

RUNS = "the logger runs: house sends readings"
HISTORY = {"/data/house/pack/00000001.seg": bytes(range(256)) * 40}
KEPT = OWN | HISTORY
OLD, NEW = "readings=10", "readings=11"  # what the two versions print


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Two versions of a small firmware: a module changed, one gone, one new."""
    folder = tmp_path_factory.mktemp("trees")
    old = mini(folder / "old", retired="X = 1\n")
    new = mini(
        folder / "new",
        lib__words="from store.fresh import text\n",
        store__fresh="def text():\n    return 'fresh!'\n",
        boot=(old / "boot.py").read_text() + "\nprint('new')\n",
    )
    return old, new


def add_all(image, files):
    add(image, files)
    return image


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    """A flash as MicroPython leaves it, and a user's own files."""
    image = tmp_path_factory.mktemp("blank") / "flash.img"
    with board_on(image):
        pass
    return add_all(image, OWN)


@pytest.fixture(scope="module")
def installed(trees, tmp_path_factory):
    """A flash with the old version, history, and a user's own files."""
    image = tmp_path_factory.mktemp("installed") / "flash.img"
    with board_on(image) as (_, port):
        put(port, trees[0])
    return add_all(image, KEPT)


@pytest.fixture(scope="module")
def loose(trees, blank, tmp_path_factory):
    """A flash with the old version as packlog 0.1 has put it there: files in /."""
    files = build(trees[0], X64, form=Form.READABLE) | {"boot.py": b""}
    manifest = deploy.Manifest("0.1.0", {p: deploy.files.digest(d) for p, d in files.items()})
    files |= {"packlog.json": manifest.data()}
    files |= {"config.json": (trees[0] / "config.json").read_bytes()}
    image = copy_of(blank, tmp_path_factory.mktemp("loose"))
    # what the user has by a name of packlog's would have been removed by that install
    with Files(image) as there:
        there.remove("/hub.py")
    return add_all(image, {f"/{path}": data for path, data in files.items()} | HISTORY)


def recorded(image, firmware):
    """The flash operations of an install with a firmware."""
    with board_on(image) as (rig, port):
        recording = Recording(rig.board.flash)
        assert RUNS in put(port, firmware, "1.1")
    return recording.operations


def starts(image):
    """What the board says that is switched on with that flash."""
    rig = Rig(Plan(flash=image, speed=0))
    try:
        rig.board.power_on()
        rig.board.run(4)
        return rig.board.console.transcript.decode("utf8", "replace")
    finally:
        rig.board.close()


def check(image, expected, kept):
    """One of those is what the board starts, once; the files are whole."""
    console = starts(image)
    assert "Traceback" not in console, console
    assert set(re.findall(r"readings=\d+", console)) in expected, console
    found = on_flash(image)
    with Files(image) as files:
        for path, data in kept.items():
            with files.open(path, "rb") as file:
                assert file.read() == data, path
    assert len(found.get("/config.json", b"{}")) > 1


@pytest.fixture(scope="module")
def runs(request, trees, tmp_path_factory):
    """runs(name): the flash before an install of the new version, and its operations."""
    known = {}

    def get(name):
        if name not in known:
            start = request.getfixturevalue(name).read_bytes()
            image = tmp_path_factory.mktemp("run") / "flash.img"
            image.write_bytes(start)
            known[name] = start, recorded(image, trees[1])
        return known[name]

    return get


CASES = [("blank", ({NEW}, set()), OWN), ("installed", ({OLD}, {NEW}), KEPT)]
CASES += [("loose", ({OLD}, {NEW}), {p: KEPT[p] for p in KEPT if p != "/hub.py"})]


def try_cuts(case, runs, tmp_path, numbers):
    name, expected, kept = case
    start, operations = runs(name)
    assert len(operations) > 30
    for number in numbers(len(operations)):
        check(cut_short(start, operations, number, tmp_path / "flash.img"), expected, kept)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_power_cut_in_some_flash_operations(case, runs, tmp_path):
    try_cuts(case, runs, tmp_path, lambda count: range(1, count + 1, max(1, count // 7)))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_power_cut_in_every_flash_operation(case, runs, tmp_path):
    try_cuts(case, runs, tmp_path, lambda count: range(1, count + 1))


def test_the_files_of_an_older_packlog_go_when_the_bundle_has_readings(loose, trees, tmp_path):
    image = copy_of(loose, tmp_path)
    changed = {"/greeting.py": b"def text():  # changed by the user\n    return 'hello'\n"}
    add(image, changed)
    with board_on(image) as (_, port):
        said = put(port, trees[1], "1.1")
        assert "packlog 0.1.0 becomes 1.1" in said
        assert said[-1] == "removed the 6 files of packlog 0.1.0"
    own = {path: OWN[path] for path in OWN if path != "/hub.py"}
    check_installed(image, trees[1], "1.1", own | changed)


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


def test_a_power_cut_ends_the_install_and_the_next_one_makes_it_right(
    installed, trees, tmp_path, monkeypatch
):
    image = copy_of(installed, tmp_path)
    with board_on(image) as (rig, port), monkeypatch.context() as patch:
        patch.setattr(transport_serial, "time", Hurry(rig.board))
        patch.setattr("host_tools.board.port.time", Hurry(rig.board))
        rig.board.flash.cut_at = rig.board.flash.operations + 9
        with pytest.raises(PacklogError):
            put(port, trees[1], "1.1")
        assert not rig.board.powered
    with board_on(image) as (_, port):
        assert put(port, trees[1], "1.1")[-1] == RUNS
    check_installed(image, trees[1], "1.1", OWN, before="1.0")


def test_a_cable_pulled_in_the_middle_of_the_bundle_is_gone_on_from(tmp_path, trees, monkeypatch):
    """What is on flash by then is not sent again."""
    large = mini(tmp_path / "large", store__huge=f"print({bytes(range(256)) * 200!r}[0])\n")
    image, sent = tmp_path / "flash.img", []
    run = Device.run

    def counted(self, code, *arguments, **named):
        if code.startswith("add("):
            sent.append(code)
            if len(sent) == 40:
                raise KeyboardInterrupt
        return run(self, code, *arguments, **named)

    monkeypatch.setattr(Device, "run", counted)
    with board_on(image) as (_, port):
        with pytest.raises(KeyboardInterrupt):
            put(port, large)
        assert put(port, large)[-1] == RUNS
    total = -(-len(on_flash(image)["/packlog.bundle"]) // 768)
    assert total < len(sent) <= total + 8
    check_installed(image, large, "1.0")
