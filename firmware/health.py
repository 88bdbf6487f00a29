"""How the logger itself is doing: for the display's page, the console, MQTT."""

import gc

from lib import heap
from lib.tasks import counts
from store import retention
from version import MICROPYTHON, VERSION

# Of a start, as store.events numbers them, and the clocks of lib.uptime
CAUSES = ("", "power on", "reset", "watchdog", "deep sleep", "soft reset", "planned")
CLOCKS = ("not set", "kept", "PC", "NTP", "DS3231", "browser")


def heap_free():
    """Bytes. Collects, regularly, before the heap is in pieces. On an ESP32 this counts ESP-IDF's
    largest free block in, which the heap could grow into: idf_largest.
    """
    gc.collect()
    return gc.mem_free()


def values(board):
    """(key, number or text or None) pairs: bytes, s, dBm, counts since the start, versions."""
    cause = board.cause
    found = [
        ("uptime", board.uptime.seconds),
        ("cause", CAUSES[cause] if cause < len(CAUSES) else str(cause)),
        ("heap_free", heap_free()),
        ("flash_free", retention.free_bytes()),
        ("clock", CLOCKS[board.clock.source]),
        ("unix", board.clock.unix()),
        ("heap_used", gc.mem_alloc()),
        ("packlog", VERSION),
        ("micropython", MICROPYTHON),
    ]
    memory = heap.idf()
    if memory:
        free, largest, least = memory
        found += [("idf_free", free), ("idf_largest", largest), ("idf_least", least)]
    for part in board.parts:
        if hasattr(part, "values"):
            found += part.values()
    for pack in board.packs:
        link = pack.link
        found.append((pack.name + "_link", link.state or ("up" if pack.fresh() else "up, no data")))
        found += counts(pack.name, link.counters)
        if pack.sign and pack.sign.wrong:
            found.append((pack.name + "_sign", "against the SoC"))
    return found
