"""What the tests of the install share: firmware trees to install, and what a board has then."""

import dataclasses
import shutil
from contextlib import contextmanager
from pathlib import Path

from host_tools.board.files import digest
from host_tools.build.compile import build
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import deploy, probe
from host_tools.install.install import Options, install
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.workshop import port_of, wait_for_start
from tests.helpers.boards import Files

X64 = 6 | 3 << 8 | 2 << 10  # sys.implementation._mpy of the virtual board
OWN = {"/mine.txt": b"mine", "/lib/other.py": b"x = 1\n"}  # a user's files


MINI = {
    "boot.py": "",
    "main.py": """
import time, store.a_viper
from greeting import text as first
from lib.words import text as second
while True:
    print("packlog house readings=%d" % len(first() + second()))
    time.sleep(1)
""",
    "greeting.py": "def text():\n    return 'hello'\n",
    "lib/words.py": "def text():\n    return 'world'\n",
    "store/a_viper.py": "X = 1\n",
    "store/a_plain.py": "X = 1\n",
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
    for path in ("packlog.py",):
        text = (folder / path).read_text().replace("lib.uptime", "lib.runtime")
        (folder / path).write_text(text)
    with (folder / "main.py").open("a") as file:
        file.write("\nNEWER = 'newer'\n")
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


def check_installed(image: Path, firmware: Path, version: str, own=None) -> None:
    """Exactly this firmware is on the flash, the config, the user's own files, and no more."""
    found = on_flash(image)
    files = {f"/{path}": data for path, data in build(firmware, X64).items()}
    for path, data in {**files, **(own or {})}.items():
        assert found.pop(path) == data, path
    assert found.pop("/config.json")
    manifest = deploy.Manifest(version, {p[1:]: digest(d) for p, d in files.items()})
    assert found.pop("/packlog.json") == manifest.data()
    assert not found, sorted(found)


def pretend(monkeypatch, **changes) -> None:
    """Let the board say something else of itself."""
    ask = probe.probe
    monkeypatch.setattr(probe, "probe", lambda d: dataclasses.replace(ask(d), **changes))
