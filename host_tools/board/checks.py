"""What is wrong with a config beyond what the board checks: only the PC does, to spare the board.

A thing says in its file (PC_RULES, beside KEYS and RULES) which of these rules hold for its keys.
"""

import ipaddress
import re
from collections.abc import Iterator

from host_tools.ground.firmware import declared

import config


def check(found: dict) -> None:
    """config.ConfigError if a rule does not hold in a config, as config.parse() gives it."""
    for where, section, rules in _sections(found):
        for rule in rules:
            RULES[rule["rule"]](found, where, section, rule)


def _sections(found: dict) -> Iterator[tuple[str, dict, tuple]]:
    """(where, the section, the rules) of the parts, and of the packs by their BMS and link."""
    for name, _ in config.things("parts"):
        yield name, found[name], _rules("parts", name)
    for i, pack in enumerate(found["packs"]):
        yield f"packs[{i}]", pack, _rules("bms", pack["bms"]) + _rules("transport", pack["link"])


def _rules(wing: str, name: str) -> tuple:
    return declared(wing, name).get("PC_RULES", ())


def _pattern(found: dict, where: str, section: dict, rule: dict) -> None:
    """The values of the keys are of that pattern, as a whole."""
    for key in rule["keys"]:
        if not re.fullmatch(rule["pattern"], section[key]):
            raise config.ConfigError(f"{where}.{key}", rule["words"].format(value=section[key]))


def _network(found: dict, where: str, section: dict, rule: dict) -> None:
    """The gateway is in the network that address and netmask are of, if there is an address."""
    address, netmask, gateway = (section[rule[key]] for key in ("address", "netmask", "gateway"))
    if not address:
        return
    try:
        network = ipaddress.ip_interface(f"{address}/{netmask}").network
    except ValueError:
        wrong = f"{netmask!r} is not like 255.255.255.0"
        raise config.ConfigError(f"{where}.{rule['netmask']}", wrong) from None
    if gateway and ipaddress.IPv4Address(gateway) not in network:
        wrong = f"{gateway} is not in the network of {where}.{rule['address']}, {network}"
        raise config.ConfigError(f"{where}.{rule['gateway']}", wrong)


def _bus(found: dict, where: str, section: dict, rule: dict) -> None:
    """Both pins of an I2C bus are given, or none: then it is that of the display."""
    given = [key for key in rule["keys"] if section[key] >= 0]
    if where not in found["parts"] or len(given) == len(rule["keys"]):
        return
    if given or "lcd" not in found["parts"] or found["lcd"]["kind"] != "i2c":
        needs = f"needs {' and '.join(rule['keys'])}, or a display on I2C whose bus it shares"
        raise config.ConfigError(where, needs)


RULES = {"bus": _bus, "pattern": _pattern, "network": _network}
