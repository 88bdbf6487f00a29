"""What the tests of the install share: firmware trees to install, and what a board has then."""

import dataclasses
import shutil
from contextlib import contextmanager
from pathlib import Path

from host_tools.build import bundle
from host_tools.build.compile import AS_SOURCE, build
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import probe
from host_tools.install.install import Options, install
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.workshop import port_of, wait_for_start
from tests.helpers.boards import Files

X64 = 6 | 3 << 8 | 2 << 10  # sys.implementation._mpy of the virtual board
BAD = b"raise SystemError('a file of the user was imported')\n"
# A user's files, some by names of packlog's modules
OWN = {"/mine.txt": b"mine", "/lib/other.py": b"x = 1\n", "/lib/tasks.py": BAD, "/hub.py": BAD}


MINI = {
    "boot.py": (FIRMWARE / "boot.py").read_text(),
    "main.py": (FIRMWARE / "main.py").read_text(),
    "settings.py": "def read():\n    return None, None\n",
    "packlog.py": """
import os, time
from store import a_viper
from greeting import text as first
from lib.words import text as second
logger = None
def start(settings, complaint):
    if "packlog.try" in os.listdir("/"):
        os.remove("/packlog.try")
    while True:
        print("packlog house readings=%d" % len(a_viper.one() * (first() + second())))
        time.sleep(1)
""",
    "greeting.py": "def text():\n    return 'hello'\n",
    "lib/words.py": "def text():\n    return 'world'\n",
    "store/a_viper.py": "PASSING = True\ndef one():\n    return 1\n",  # a file of its own
    "store/a_plain.py": "PASSING = True\ndef one():\n    return 1\n",
    "config.json": (FIRMWARE / "config.json").read_text(),
}


def mini(folder: Path, **changes: str | None) -> Path:
    """A small firmware that says it runs: for what need not be the real one. A change of None
    leaves the module out.
    """
    modules = {f"{name.replace('__', '/')}.py": text for name, text in changes.items()}
    for path, text in (MINI | modules).items():
        if text is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    return folder


def fill(image: Path, leave: int) -> None:
    """Fill the flash of a board that is off but for so many blocks, with a file /big."""
    with Files(image) as files:
        free = files.fs.block_count - files.used_block_count
        with files.open("/big", "wb") as file:
            file.write(bytes((free - leave) * 4064))


def newer(firmware: Path, folder: Path) -> Path:
    """Another version of the firmware: a module changed, one is new, one was moved."""
    folder = Path(shutil.copytree(firmware, folder / "newer"))
    for path in ("hub.py", "store/half.py"):
        with (folder / path).open("a") as file:
            file.write("\n\nNEWER = 'newer'\n")
    (folder / "bms/another.py").write_text("KIND = 'another'\n")
    uptime = (folder / "lib/uptime.py").read_text()
    (folder / "lib/runtime.py").write_text(uptime)
    (folder / "lib/uptime.py").unlink()
    for path in folder.rglob("*.py"):
        path.write_text(path.read_text().replace("lib.uptime", "lib.runtime"))
    return folder


@contextmanager
def board_on(image: Path, **plan):
    """(rig, port) of a virtual board with that flash, switched on."""
    rig = Rig(Plan(flash=image, speed=0, **plan))
    try:
        rig.board.power_on()
        with port_of(rig.board) as port:
            wait_for_start(rig.board)
            yield rig, port
    finally:
        rig.board.close()


def put(port: str, firmware: Path, version: str = "1.0", config=None, **options) -> list[str]:
    """Install; returns what was said."""
    said = []
    install(port, config, said.append, Options(firmware=firmware, version=version, **options))
    return said


def on_flash(image: Path) -> dict[str, bytes]:
    """Everything on the flash of a board that is off, but the history."""
    found = {}
    with Files(image) as files:
        for folder, _, names in files.walk("/"):
            if folder.startswith("/data"):
                continue
            for name in names:
                path = f"{folder.rstrip('/')}/{name}"
                with files.open(path, "rb") as file:
                    found[path] = file.read()
    return found


def add(image: Path, files: dict[str, bytes]) -> None:
    """Put files on the flash of a board that is off."""
    with Files(image) as fs:
        for path, data in files.items():
            fs.makedirs(path.rsplit("/", 1)[0] or "/", exist_ok=True)
            with fs.open(path, "wb") as file:
                file.write(data)


def modules_of(firmware: Path) -> dict[str, bytes]:
    """What is in the bundle of the virtual board."""
    return {path: data for path, data in build(firmware, X64).items() if path not in AS_SOURCE}


def bundle_of(firmware: Path, version: str = "1.0") -> bytes:
    """The bundle of the virtual board, without packages."""
    return bundle.pack(modules_of(firmware), version)


def check_installed(image: Path, firmware: Path, version: str, own=None, before=None) -> None:
    """Exactly this firmware is on the flash, the config, the user's own files, and no more but the
    bundle before: of this version, or any.
    """
    found = on_flash(image)
    built = build(firmware, X64)
    starters = {f"/{path}": built[path] for path in AS_SOURCE}
    for path, data in {**starters, **(own or {})}.items():
        assert found.pop(path) == data, path
    read = bundle.read(found.pop("/packlog.bundle"))
    assert (read.version, read.packages) == (version, {})
    assert read.modules == modules_of(firmware)
    old = found.pop("/packlog.old", None)
    assert not before or bundle.read(old).version == before
    assert found.pop("/config.json")
    for name in ("/config.ready", "/crashes", "/cuts"):  # what the board writes
        found.pop(name, None)
    assert not found, sorted(found)


def pretend(monkeypatch, **changes) -> None:
    """Let the board say something else of itself."""
    ask = probe.probe
    monkeypatch.setattr(probe, "probe", lambda d: dataclasses.replace(ask(d), **changes))
