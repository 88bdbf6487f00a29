"""Virtual boards for the end-to-end tests, and what a test asks of them."""

import json
import shutil
from pathlib import Path

import aioble_folder
from host_tools.board import status
from host_tools.build.compile import compiled
from host_tools.ground.firmware import FIRMWARE
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.units.line import Line
from host_tools.sim.workshop import make_ready
from littlefs import LittleFS
from tests.helpers import umqtt_simple

from config import TOLERANCES

BLOCK, BLOCKS = 4096, 512
# aioble is on no package registry: the real one from where the environment says, or a stand-in
AIOBLE = Path(aioble_folder.parent(), "aioble")


def example() -> dict:
    """The example config.json, to change."""
    return json.loads((FIRMWARE / "config.json").read_text())


def every_reading(config: dict) -> dict:
    """The config with all tolerances off: each reading becomes a frame."""
    config["store"] |= dict.fromkeys(TOLERANCES, 0)
    return config


def new_flash(path: Path, files: dict[str, bytes]) -> Path:
    """A flash image of 2 MB with nothing on it but these files."""
    fs = LittleFS(block_size=BLOCK, block_count=BLOCKS)
    path.write_bytes(fs.context.buffer)
    put_files(path, files)
    return path


def put_files(image: Path, files: dict[str, bytes]) -> None:
    """Write files into a flash image, in folders that are made for them."""
    if not files:
        return
    with Files(image) as fs:
        for name, data in files.items():
            fs.makedirs(str(Path(name).parent), exist_ok=True)
            with fs.open(name, "wb") as file:
                file.write(data)


def install_once(image: Path) -> None:
    """A flash image with the firmware, put there over the serial port as on a real board."""
    rig = Rig(Plan(flash=image, speed=0))
    try:
        rig.board.power_on()
        make_ready(rig.board, None, lambda line: None)
    finally:
        rig.board.close()
    with Files(image) as files:
        if "data" in files.listdir("/"):  # a flush may have come already
            files.remove("/data", recursive=True)
        if "cuts" in files.listdir("/"):  # boot.py has counted this start
            files.remove("/cuts")
        put_package(files, AIOBLE)
        put_package(files, umqtt_simple.folder() / "umqtt")  # frozen into an ESP32's firmware
    image.with_name(image.name + ".erases").unlink()


def put_package(files: LittleFS, folder: Path) -> None:
    """Put a package of MicroPython's where mip puts them, compiled as mip's are."""
    files.makedirs(f"/lib/{folder.name}", exist_ok=True)
    for path in folder.glob("*.py"):
        name = f"{folder.name}/{path.stem}"
        with files.open(f"/lib/{name}.mpy", "wb") as file:
            file.write(compiled(f"{name}.py", path.read_bytes(), ""))


def history_files(files: LittleFS) -> list[str]:
    """The paths of all files of the history."""
    return [
        f"{folder}/{name}" for folder, _, names in files.walk("/data") for name in sorted(names)
    ]


class Files:
    """The files in a flash image whose board is off, by another littlefs than the board's.

    reads: nothing is written, so the board may be on.
    """

    def __init__(self, image: Path, reads: bool = False):
        self.image = image
        self.reads = reads

    def __enter__(self) -> LittleFS:
        data = bytearray(self.image.read_bytes())
        self.fs = LittleFS(block_size=BLOCK, block_count=len(data) // BLOCK, mount=False)
        self.fs.context.buffer = data
        self.fs.mount()
        return self.fs

    def __exit__(self, *error) -> None:
        self.fs.unmount()
        if self.reads:
            return
        self.image.write_bytes(self.fs.context.buffer)


class Recorder(Line):
    """Between a line and the board: keeps what was sent, for the test to compare with."""

    def __init__(self, line: Line):
        super().__init__()
        self.line = line
        self.sent_bytes: list[tuple[float, bytes]] = []

    def bursts(self, t0_s, t1_s):
        for burst in self.line.bursts(t0_s, t1_s):
            self.sent_bytes.append(burst)
            yield burst


class Bench:
    """A rig with an installed flash. status(): what the firmware says of itself."""

    def __init__(self, image: Path, config: dict | None = None, ahead=None, **plan):
        if config is not None:
            with Files(image) as files, files.open("/config.json", "wb") as file:
                file.write(json.dumps(config).encode())
        self.rig = Rig(Plan(flash=image, speed=0, **plan))
        self.board = self.rig.board
        self.image = image
        if ahead:  # what is done to the rig before it is switched on
            ahead(self.rig)

    def start(self) -> "Bench":
        """Switch on, and wait until main.py runs."""
        self.board.power_on()
        while not self.board.up:
            self.board.step()
        return self

    def console(self) -> str:
        return self.board.console.transcript.decode("utf8", "replace")

    def status(self) -> status.Status:
        """The newest status line."""
        lines = reversed(self.console().splitlines())
        found = next((found for line in lines if (found := status.parse(line))), None)
        assert found, self.console()[-2000:]
        return found

    def statuses(self) -> "dict[str, status.Status]":
        """The newest status line of each pack."""
        found = (status.parse(line) for line in self.console().splitlines())
        return {each.pack: each for each in found if each}

    def count(self, key: str) -> int:
        return int(self.status().values[key])

    def lcd(self) -> str:
        return "\n".join(self.rig.lcd.text())

    def files(self) -> list[str]:
        """The paths of the history's files, while the board runs."""
        with Files(self.image, reads=True) as files:
            return history_files(files)

    def history(self, folder: Path) -> Path:
        """Switch off and copy the history out of the flash, without the firmware's help."""
        self.board.power_off()
        with Files(self.image) as files:
            for path in history_files(files):
                target = folder / path.removeprefix("/data/")
                target.parent.mkdir(parents=True, exist_ok=True)
                with files.open(path, "rb") as file:
                    target.write_bytes(file.read())
        return folder

    def close(self) -> None:
        self.board.close()


def copy_of(image: Path, folder: Path) -> Path:
    return Path(shutil.copy(image, folder / "flash.img"))
