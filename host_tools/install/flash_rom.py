"""Puts MicroPython itself on a chip, with esptool as a program of its own.

The image says which chip it is for (byte 12 of its header); esptool refuses another chip. Where it
goes in the flash depends on the chip: families.py. The file system, and with it the history, is a
partition of its own and stays, unless everything is erased.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from host_tools.board.device import Device
from host_tools.ground.errors import PacklogError
from host_tools.install.families import FAMILIES, Family

BAUDRATE = 460800
_SAID = 1 << 16  # bytes of what esptool said that its error is looked for in
_MAGIC = 0xE9  # an image's first byte
_CHIP = 12  # where the header has the chip, 2 bytes
_TABLE = 0x8000  # where in the flash the partition table is
_TABLE_MAGIC = b"\xaa\x50"
FLASH_S = 900  # esptool's own time-outs are for each answer of the chip
WAKE_S = 20  # a chip's first start formats its file system


def family_of_image(path: Path) -> Family:
    """The family that the image is for. Raises PacklogError if packlog does not know it."""
    try:
        with path.open("rb") as file:
            head = file.read(_TABLE + 2)
    except OSError as error:
        raise PacklogError(f"{path} cannot be read: {error.strerror}") from None
    if head[:1] != bytes([_MAGIC]) or len(head) < _CHIP + 2:
        raise PacklogError(f"{path} is not a MicroPython image: take the .bin for your board")
    number = int.from_bytes(head[_CHIP : _CHIP + 2], "little")
    for family in FAMILIES:
        if family.image_id == number:
            table = _TABLE - family.image_offset
            if head[table : table + 2] != _TABLE_MAGIC:
                raise PacklogError(
                    f"{path} is a part of an image only: take the .bin, not the .app-bin"
                )
            return family
    known = ", ".join(family.chip for family in FAMILIES)
    raise PacklogError(f"{path} is for a chip that packlog does not know: it knows {known}")


def command(port: str, image: Path, family: Family, erase: bool) -> list[str]:
    """What is run."""
    return [
        *(sys.executable, "-m", "esptool", "--chip", family.chip),
        *("--port", port, "--baud", str(BAUDRATE), "write-flash"),
        *(("--erase-all",) if erase else ()),
        *(hex(family.image_offset), str(image)),
    ]


def flash(port: str, image: Path, erase: bool, say: Callable[[str], None]) -> None:
    """Flash the image and wait for its REPL."""
    family = family_of_image(image)
    say(f"flashing {image.name}, for {family.chip}{', erasing everything' if erase else ''} ...")
    said = _run(command(port, image, family, erase))
    if said is not None:
        raise PacklogError(f"MicroPython could not be flashed: {said}")
    _wait(port)
    say("MicroPython is on the board")


def _run(arguments: list[str]) -> str | None:
    """Run esptool, its progress on stderr; returns what it complained of, None if nothing."""
    said = b""
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        overdue = threading.Timer(FLASH_S, process.kill)
        overdue.start()
        while data := process.stdout.read1():
            said = (said + data)[-_SAID:]
            if sys.stderr.isatty():
                sys.stderr.write(data.decode("utf8", "replace"))
                sys.stderr.flush()
        overdue.cancel()
    return _complaint(said.decode("utf8", "replace")) if process.returncode else None


def _complaint(text: str) -> str:
    lines = [line.strip() for line in text.replace("\r", "\n").splitlines() if line.strip()]
    for line in lines:
        if "No module named" in line and "esptool" in line:
            return "esptool is missing: pip install esptool"
        if "fatal error occurred:" in line:
            reason = line.split("fatal error occurred:", 1)[1].strip().rstrip(".")
            if "connect" in reason.lower():
                reason += ": hold the board's BOOT button while you plug it in, and try again"
            return reason
    return lines[-1] if lines else "esptool said nothing"


def _wait(port: str) -> None:
    """Until the REPL answers; the port of a chip with USB of its own goes away meanwhile."""
    end = time.monotonic() + WAKE_S
    while True:
        try:
            device = Device(port)
            try:
                device.interrupt()
                device.restart()
                return
            finally:
                device.close()
        except PacklogError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
