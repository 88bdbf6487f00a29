"""What a board is: its MicroPython, chip, flash and file system; and whether packlog can live on
it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from host_tools.board.device import Device
from host_tools.board.script import script
from host_tools.ground.errors import PacklogError
from host_tools.ground.text import parse_json
from host_tools.install.families import Family, family_of

# From 1.24 on the ESP32-C3 and C6 run native code; tls and the WiFi constants are there from 1.23.
OLDEST_MICROPYTHON = (1, 24)
# Before that a Bluetooth that gets no memory stops the chip instead of failing
OLDEST_FOR_BLUETOOTH = (1, 28)
ROOM = 256 * 1024  # bytes that must stay free for the history to be worth the name
BLOCK = 4096  # of littlefs on an ESP32's flash


@dataclass(frozen=True)
class Board:
    """What a board said of itself. block in bytes, blocks and free counted in blocks."""

    name: str
    version: tuple[int, int]
    machine: str
    mpy: int
    kind: str  # of the file system: VfsLfs2, VfsFat
    block: int
    blocks: int
    free: int
    flash: int  # bytes of the chip, 0: not known
    ram: int = 0  # bytes for data, PSRAM included, 0: not known

    @property
    def family(self) -> Family:
        return family_of(self.machine)

    @property
    def is_fat(self) -> bool:
        return "Fat" in self.kind

    def blocks_of(self, size: int) -> int:
        """The blocks that a file of that size takes."""
        return (size + self.block - 1) // self.block

    def describe(self) -> str:
        """One line for the user."""
        chip = f", {self.flash >> 20} MB of flash" if self.flash else ""
        size, free = (n * self.block // 1024 for n in (self.blocks, self.free))
        version = ".".join(map(str, self.version))
        return f"{self.machine or self.name}, MicroPython {version}{chip}, {free} of {size} KB free"


_KINDS = {"version": tuple, **dict.fromkeys(("name", "machine", "kind"), str)}
_KINDS |= dict.fromkeys(("mpy", "block", "blocks", "free", "flash"), int)


def probe(device: Device) -> Board:
    """Ask the board."""
    try:
        said = parse_json(device.run(script("probe")))
        said["version"] = tuple(map(int, said["version"]))
        board = Board(**{name: kind(said[name]) for name, kind in _KINDS.items()})
        if board.block <= 0 or min(board.blocks, board.free, board.flash) < 0:
            raise ValueError("no such file system")
        return board
    except (ValueError, TypeError, KeyError, OverflowError):
        raise PacklogError(f"the board at {device.port} answers strangely: reset it") from None


def check(board: Board, sizes: Iterable[int]) -> None:
    """PacklogError, with the remedy, if packlog (files of such sizes, in bytes) cannot live on this
    board.
    """
    if board.name != "micropython" or tuple(board.version) < OLDEST_MICROPYTHON:
        found = ".".join(map(str, board.version))
        wanted = ".".join(map(str, OLDEST_MICROPYTHON))
        raise PacklogError(
            f"the board runs {board.name} {found}: packlog needs MicroPython {wanted} or newer: "
            "get one from micropython.org/download, and packlog install --micropython FILE"
        )
    if not board.mpy:
        raise PacklogError(
            "the board's MicroPython cannot load .mpy files: take a build from "
            "micropython.org/download"
        )
    if board.is_fat:
        raise PacklogError(
            "the board's file system is FAT, which a power cut can destroy: packlog needs "
            "littlefs; packlog install --format makes it that, and ERASES all files on the board"
        )
    size = board.blocks * board.block
    needed = sum(map(board.blocks_of, sizes)) * board.block
    if size < needed + ROOM:
        raise PacklogError(
            f"the board's file system has {size // 1024} KB: packlog needs at least "
            f"{(needed + ROOM) // 1024} KB (a board with 4 MB of flash has 2048 KB)"
        )


def bluetooth_advice(board: Board, settings: dict | None) -> str | None:
    """What to say of a board whose MicroPython is old for its packs; None if it is not.

    settings: a checked config, None: not known.
    """
    uses = settings and any(pack.get("link") == "ble" for pack in settings["packs"])
    if not uses or tuple(board.version) >= OLDEST_FOR_BLUETOOTH:
        return None
    wanted, found = (".".join(map(str, v)) for v in (OLDEST_FOR_BLUETOOTH, board.version))
    return (
        f"a pack over Bluetooth wants MicroPython {wanted} or newer: on {found} the chip stops "
        "with an error when Bluetooth gets no memory; a newer one: packlog install --micropython"
    )


def make_littlefs(device: Device) -> None:
    """Erase the board's file system and make a littlefs in its place."""
    device.run(script("make_littlefs"))
