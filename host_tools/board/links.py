"""What a logger without readings waits for: what the links of its packs, and the WiFi, say of
themselves on the health line.
"""

from collections.abc import Iterable, Iterator

from host_tools.board import status
from host_tools.ground.firmware import declared

UP = "up"
# Words of firmware/transport/pairing.py
PIN = ("Wants a PIN", "Wrong PIN")


def noting(lines: Iterable[str], health: dict[str, str]) -> Iterator[str]:
    """The lines; what health lines say is kept in health."""
    for line in lines:
        found = status.any_line(line)
        if found and found[0] == "health":
            health.update(found[2])
        yield line


def silence(settings: dict | None, health: dict[str, str]) -> str:
    """Why there may be no reading, in one line. settings: a checked config, None: not known."""
    packs = settings["packs"] if settings else []
    found = [_of_pack(pack, health, f"packs[{i}]") for i, pack in enumerate(packs)]
    return "; ".join(found) or "is the BMS on?"


def _of_pack(pack: dict, health: dict[str, str], where: str) -> str:
    state = _state(health, f"{pack['name']}_link")
    if state in PIN:
        return f"{pack['name']}: the link says {state!r}: packlog config set '{where}.pin' -"
    hints = " ".join(declared("bms", pack["bms"]).get("HINTS", ()))
    if not state:
        is_wired = "rx" in pack
        doing = f"it listens at GPIO {pack['rx']} (rx)" if is_wired else "the link is up"
    else:
        wifi = _state(health, "wifi")
        doing = f"the link says {state!r}" + (f", the WiFi {wifi!r}" if wifi else "")
    return f"{pack['name']}: {doing}. {hints}"


def _state(health: dict[str, str], key: str) -> str:
    """What a link is doing, with its blanks again; "" if it is up, or nothing is known."""
    said = health.get(key, UP)
    return "" if said == UP else said.replace("_", " ")
