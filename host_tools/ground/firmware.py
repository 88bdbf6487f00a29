"""Where the firmware's files are, what its things say of themselves, and the way to import its
plain-Python modules on the PC.

Importing this module appends that folder to sys.path: decoders, Sample and the store's format
description are used from where the board has them, never copied. A thing is a file in a wing of
the firmware, such as bms/jk.py. What it says of itself are the literals of its constants: they are
read from the source, for a link or a part cannot be imported on a PC.
"""

import ast
import pprint
import sys
import types
import zlib
from functools import cache
from pathlib import Path

CONFIG = "config.json"
MANIFEST = "manifest.py"  # for those who build MicroPython: not for a board
_PACKAGE = Path(__file__).resolve().parents[1]
WINGS = ("bms", "transport", "parts", "display")
# What config.py wants to know of a thing, and by what the things of a wing are in order
_OF_CONFIG = ("KEYS", "LINKS", "RULES", "IN_USE", "RADIO")
_ORDER = ("NUMBER", "ORDER")
FINDS = "FINDS"  # says that a module of bms/ is what config.json has in the place of a BMS
CONFIG_KEYS = "config_keys"  # the module that config_rules.py takes it from
SEEN_AS = "seen_as"  # the one that finder.py takes what advertisements look like from


def _find() -> Path:
    for folder in (_PACKAGE / "_firmware", _PACKAGE.parent / "firmware"):
        if (folder / "main.py").is_file():
            return folder
    raise ImportError("the firmware folder is missing: install packlog again")


FIRMWARE = _find()
# How a user calls packlog: from the folder of its sources, or from wherever pipx or uv put it
IS_CHECKOUT = FIRMWARE.parent != _PACKAGE
COMMAND = ".venv/bin/packlog" if IS_CHECKOUT else "packlog"
if str(FIRMWARE) not in sys.path:
    sys.path.append(str(FIRMWARE))


def names(wing: str, firmware: Path = FIRMWARE) -> list[str]:
    """The things of a wing, by their NUMBER or ORDER, then by name.

    A module without KEYS, LINKS or one of those is not a thing: others share it.
    """
    found = {
        path.stem: declared(wing, path.stem, firmware) for path in (firmware / wing).glob("*.py")
    }
    is_thing = {*_OF_CONFIG, *_ORDER}
    said = {name: it for name, it in found.items() if it.keys() & is_thing and FINDS not in it}
    return sorted(said, key=lambda name: (_place(said[name]), name))


def all_things(firmware: Path = FIRMWARE) -> frozenset[str]:
    """Their modules: "bms.jk"."""
    return frozenset(f"{wing}.{name}" for wing in WINGS for name in names(wing, firmware))


def declared(wing: str, name: str, firmware: Path = FIRMWARE) -> dict:
    """The constants of firmware/WING/NAME.py that are literals, by their names."""
    return constants(f"{wing}/{name}.py", firmware)


def constants(path: str, firmware: Path = FIRMWARE) -> dict:
    """The same of any module of the firmware, by its path."""
    return dict(_declared(firmware / path))


@cache
def _declared(path: Path) -> dict:
    found = {}
    for node in ast.parse(path.read_text(encoding="utf8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name.isupper() and not name.startswith("_"):
                try:
                    found[name] = _literal(node.value, path)
                except ValueError:
                    continue
    return found


def _literal(value: ast.expr, path: Path):
    """A constant's value: a literal, or that of a module beside it, as in ALARMS = jk.ALARMS.
    ValueError if it is neither.
    """
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        beside = path.with_name(f"{value.value.id}.py")
        said = _declared(beside) if beside.is_file() else {}
        if value.attr in said:
            return said[value.attr]
    return ast.literal_eval(value)


def _place(said: dict) -> int:
    return next((said[name] for name in _ORDER if name in said), 0)


def config_keys(firmware: Path = FIRMWARE) -> dict[str, tuple]:
    """What config.py asks of each thing, by wing: (name, {constant: literal}), in their order.

    Pairs instead of dicts where the order matters: MicroPython's dicts have none.
    """
    return {wing: tuple(_things(wing, firmware)) for wing in WINGS}


def _things(wing: str, firmware: Path):
    finds = [
        path.stem
        for path in sorted((firmware / wing).glob("*.py"))
        if FINDS in declared(wing, path.stem, firmware)
    ]
    for name in names(wing, firmware) + finds:
        said = declared(wing, name, firmware)
        if "LINKS" in said:
            said["LINKS"] = tuple(said["LINKS"].items())
        yield name, {key: said[key] for key in _OF_CONFIG if key in said}


def checker(firmware: Path = FIRMWARE) -> int:
    """A number of 30 bits for what checks a config: its modules and the keys. A finished form by
    another one may lack keys, or have other defaults.
    """
    modules = sorted({*firmware.glob("config*.py")} - {firmware / f"{CONFIG_KEYS}.py"})
    source = "".join(path.read_text(encoding="utf8") for path in modules)
    return zlib.crc32((source + repr(config_keys(firmware))).encode()) >> 2


def config_keys_source(firmware: Path = FIRMWARE) -> str:
    """The source of the module that config_rules.py and settings.py import on a board.

    The build makes it anew. It also lies in the firmware folder, for all that takes the sources
    from there as they are (mip, manifest.py); host_tools.install.package_json writes it.
    """
    wings = pprint.pformat(config_keys(firmware), width=100, sort_dicts=False)
    made_by = "# Made by host_tools.install.package_json"
    return f"{made_by}\nPASSING = True\nWINGS = {wings}\nCHECKER = {checker(firmware)}\n"


@cache
def seen_as(firmware: Path = FIRMWARE) -> tuple[tuple, ...]:
    """(kind, UUIDs of its link, its SEEN_AS) of each BMS that can be reached by Bluetooth, in their
    order: the table that recognise.py goes by.
    """
    said = ((name, declared("bms", name, firmware)) for name in names("bms", firmware))
    return tuple(
        (name, it["LINKS"]["ble"], it.get("SEEN_AS", ()))
        for name, it in said
        if "ble" in it["LINKS"]
    )


def seen_as_source(firmware: Path = FIRMWARE) -> str:
    """The source of that module, made as config_keys is."""
    table = pprint.pformat(seen_as(firmware), width=100, sort_dicts=False)
    return f"# Made by host_tools.install.package_json\nPASSING = True\nKINDS = {table}\n"


class _ConfigKeys(types.ModuleType):
    """That module on the PC; read when config_rules.py asks first."""

    def __getattr__(self, name: str):
        made = {"WINGS": config_keys, "CHECKER": checker}
        if name not in made:
            raise AttributeError(name)
        setattr(self, name, made[name]())
        return getattr(self, name)


sys.modules.setdefault(CONFIG_KEYS, _ConfigKeys(CONFIG_KEYS))


def sources(firmware: Path) -> dict[str, bytes]:
    """Path below the folder -> contents, of everything there that belongs on a board."""
    return {
        path.relative_to(firmware).as_posix(): path.read_bytes()
        for path in sorted(firmware.rglob("*"))
        if path.is_file() and path.suffix in (".py", ".json") and "__pycache__" not in path.parts
        if path.name != MANIFEST
    }
