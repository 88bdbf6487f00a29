"""How the logger itself is doing: for the display's page, the console, MQTT."""

import gc

from machine import reset_cause

from display.glyphs import lcd_text
from store import retention

CAUSES = ("", "power on", "reset", "watchdog", "deep sleep", "soft reset")
CLOCKS = ("not set", "kept", "PC", "NTP")


def trouble_of(error):
    """What the display says of the flash's last error; None if there was none."""
    if error is None:
        return None
    full = error.errno == retention.NO_SPACE
    return "flash full" if full else "flash error " + str(error.errno)


def heap_free():
    """Bytes. Collects, regularly, before the heap is in pieces."""
    gc.collect()
    return gc.mem_free()


def values(uptime, clock, packs, wifi, mqtt):
    """(key, number or text or None) pairs: bytes, s, dBm, counts since the start."""
    cause = reset_cause()
    found = [
        ("uptime", uptime.seconds),
        ("cause", CAUSES[cause] if cause < len(CAUSES) else str(cause)),
        ("heap_free", heap_free()),
        ("flash_free", retention.free_bytes),
        ("clock", CLOCKS[clock.source]),
        ("unix", clock.unix()),
    ]
    if wifi:
        found += [("wifi", wifi.state or "up"), ("address", wifi.address), ("rssi", wifi.rssi)]
        found += _counts("wifi", wifi.counters)
    if mqtt:
        found.append(("mqtt", mqtt.state or "up"))
        found += _counts("mqtt", mqtt.counters)
    for pack in packs:
        found.append((pack.name + "_link", pack.link.state or "up"))
        found += _counts(pack.name, pack.link.counters)
    return found


def _counts(name, counters):
    return [(name + "_" + key, counters[key]) for key in sorted(counters)]


def lines(found, columns):
    """The display's pages of those values: lcd_texts of at most so many columns."""
    found = dict(found)
    minutes = found["uptime"] // 60
    up = "Up " + str(minutes // 1440) + "d " + str(minutes // 60 % 24) + "h "
    free = str(found["heap_free"] // 1024) + "K/"
    free += "--" if found["flash_free"] is None else str(found["flash_free"] // 1024) + "K"
    texts = [
        up + str(minutes % 60) + "m",
        "Free " + free,  # of RAM and of flash
        _network(found),
        "MQTT " + found["mqtt"] if "mqtt" in found else "Clock " + found["clock"],
    ]
    if "wifi" in found:
        lost = sum([found[key] for key in found if key.endswith("drops")])
        texts += ["Links lost: " + str(lost), "Boot: " + found["cause"]]
    return [lcd_text(text[:columns]) for text in texts]


def _network(found):
    if "wifi" not in found:
        return "Boot: " + found["cause"]
    if found["wifi"] != "up":
        return found["wifi"]
    return "WiFi " + str(found["rssi"]) + " dBm"
