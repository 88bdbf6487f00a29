"""Does a config fit a chip's memory? Says so in words before an install copies anything.

room.json is the one table: what the measured configs have and need (KB of heap, to start and to
compact, from tests/bench/heap.py); what the firmware may take of the flash (blocks of 4 KB: the
bundle, aioble in it, boot.py and main.py); and the heap (KB) that MicroPython 1.27 leaves on a chip
without PSRAM beside each radio, collected from reports. A config needs at most what the smallest
measured one needs that has all it has.
"""

import json
from pathlib import Path

from host_tools.ground.firmware import declared, names
from host_tools.install.families import chip_of
from host_tools.install.probe import Board

import config

TABLE = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf8"))
_BMS = names("bms")
PSRAM = 1 << 20  # bytes: no chip has so much memory of its own
OLDER, OLDER_KB = (1, 27), 15  # a MicroPython before that leaves so much less
FOUND = "jk"  # of the kinds that a logger can find itself, the one that takes most
PACK_KB = 13  # the history of one more pack of the same kind
FITS, MARGINAL, PSRAM_NEEDED = "fits", "marginal", "take PSRAM"


def parts_of(settings: dict) -> list[str]:
    """What a config has that takes memory: its packs' BMSs, "wifi", "mqtt", "http"."""
    kinds = [pack["bms"] for pack in settings["packs"]]
    found = [FOUND if kind == config.FIND_OUT else kind for kind in kinds]
    wifi = settings.get("wifi", {})
    found += ["wifi"] if wifi.get("networks") or wifi.get("access_point") else []
    found += ["mqtt"] if settings.get("mqtt", {}).get("host") else []
    return found + (["http"] if settings.get("http", {}).get("port") else [])


def needs(parts: list[str]) -> dict[str, int]:
    """KB of heap by "start" and "compaction"; ValueError if nothing like it was measured."""
    covering = [name for name, has in TABLE["has"].items() if set(parts) <= set(has)]
    if not covering:
        raise ValueError(f"no measured config has all of {', '.join(parts)}")
    least = min((TABLE["heap_kb"][name] for name in covering), key=lambda need: need["compaction"])
    more = PACK_KB * (len(parts) - len(set(parts)))
    return {kind: kb + more for kind, kb in least.items()}


def by_radio(parts: list[str]) -> bool:
    """Is one of the BMSs usually reached by Bluetooth?"""
    kinds = [it for it in parts if it in _BMS]
    return any(next(iter(declared("bms", it)["LINKS"])) == "ble" for it in kinds)


def flash_blocks(parts: list[str]) -> int:
    """Blocks of flash that an install with these parts may take, without config and history."""
    blocks = TABLE["flash_blocks"]
    return blocks["bundle"] + blocks["starters"] + by_radio(parts) * blocks["aioble"]


def free(chip: str, radios: str, version: tuple[int, int] = OLDER) -> int | None:
    """KB of heap that a chip without PSRAM can give, None if nobody knows.

    radios: "no radio", "WiFi", "Bluetooth" or "both".
    """
    known = TABLE["free_kb"].get(chip)
    return known and known[radios] - (OLDER_KB if tuple(version) < OLDER else 0)


def radios_of(parts: list[str], bluetooth: bool) -> str:
    """Which radios are on, as free() takes it."""
    if "wifi" in parts:
        return "both" if bluetooth else "WiFi"
    return "Bluetooth" if bluetooth else "no radio"


def verdict(need: dict[str, int], free_kb: int) -> str:
    """FITS, MARGINAL (it starts, but cannot compact while it runs) or PSRAM_NEEDED."""
    if need["compaction"] <= free_kb:
        return FITS
    return MARGINAL if need["start"] <= free_kb else PSRAM_NEEDED


_ADVICE = {
    FITS: "it fits",
    MARGINAL: "it starts, but there may be no room to compact the history while it runs. A board "
    "with PSRAM (WROVER, ESP32-S3 N8R2) has plenty",
    PSRAM_NEEDED: "it does not fit. Take a board with PSRAM (WROVER, ESP32-S3 N8R2), leave "
    "something out of the config, or freeze packlog into MicroPython (docs/frozen.md)",
}


def words(board: Board, settings: dict | None) -> str:
    """One line for the user; "" if the chip, or a config like this one, is not known."""
    chip = chip_of(board.machine)
    if not settings or not chip:
        return ""
    if board.ram >= PSRAM:
        return "memory: the board has PSRAM, any config fits"
    parts = parts_of(settings)
    radios = radios_of(parts, any("device" in pack for pack in settings["packs"]))
    free_kb = free(chip, radios, board.version)
    try:
        need = needs(parts)
    except ValueError:
        return ""
    if free_kb is None:
        return ""
    with_radios = {"no radio": "", "both": " beside WiFi and Bluetooth"}.get(radios)
    beside = f" beside {radios}" if with_radios is None else with_radios
    return (
        f"memory: this config needs {need['start']} KB of heap, {need['compaction']} KB to compact "
        f"its history; the board has about {free_kb} KB{beside}: "
        f"{_ADVICE[verdict(need, free_kb)]}"
    )
