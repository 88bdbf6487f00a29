"""From packlog's integers to what a person reads: the one place on the PC for scale factors.

mV, mA, mWh and mAh become V, A, Wh and Ah, 0.1 degC becomes degC; None, which is unknown, becomes
an empty text. Texts are made from integers alone, so that 22.8 A is never 22.799999.
"""

import functools
import re
from datetime import datetime, timezone

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path

import fields

MILLI = 1000  # mV in a V, mA in an A, mWh in a Wh, mAh in an Ah
DECI = 10  # 0.1 degC in a degC, 0.1 mOhm in a mOhm
# What a status line has with its decimals, and under names of its own: the decimals it still lacks
_WRITTEN = {
    "voltage": (0, "V"),
    "min": (0, "V"),
    "max": (0, "V"),
    "current": (0, "A"),
    "temperature": (0, "degC"),
    "age": (0, "s"),
    "unix": (0, "s"),
    "heap": (0, "bytes"),
}
# By the name of a value in the status lines: the decimals that it has still to get, its unit
STATUS = {
    **{
        name: (decimals, unit)
        for unit, decimals, _, *names in (
            *fields.FIELDS,
            *fields.ENERGY,
            *fields.EXTRAS,
            *fields.HEALTH,
        )
        for name in names
    },
    **{name: (0, unit) for name, _, unit, _ in fields.LISTS},
    **_WRITTEN,
}


@functools.lru_cache(maxsize=1 << 14)  # a replay writes the same few voltages on and on
def volts(mv: int | None) -> str:
    """V with three decimals."""
    return "" if mv is None else _fixed(mv, MILLI, 3)


def amps(ma: int | None) -> str:
    """A with as many decimals as it takes, at least one."""
    if ma is None:
        return ""
    text = _fixed(ma, MILLI, 3)
    return text[:-2] + text[-2:].rstrip("0")


def celsius(tenths: int | None) -> str:
    """degC with one decimal."""
    return "" if tenths is None else _fixed(tenths, DECI, 1)


def whole(number: int | None) -> str:
    """A number as it is: %, a count."""
    return "" if number is None else str(number)


def cell(index: int | None) -> str:
    """The number of a cell as people count: from 1."""
    return "" if index is None else str(index + 1)


def moment(unix: int | None) -> str:
    """Unix seconds as ISO 8601 in UTC."""
    if unix is None:
        return "not known"
    return f"{datetime.fromtimestamp(unix, timezone.utc):%Y-%m-%dT%H:%M:%SZ}"


def of_status(key: str, text: str) -> str:
    """A value as it stands in a status line, the way a person reads it: 154.171 Ah."""
    decimals, unit = STATUS.get(key, (0, ""))
    if text == "--" or not (unit or decimals):
        return text
    number, _, cell_number = text.partition("#")
    if decimals and re.fullmatch(r"-?[0-9]{1,20}", number):
        number = _fixed(int(number), 10**decimals, decimals)
    return f"{number} {unit}".rstrip() + (f" (cell {cell_number})" if cell_number else "")


def number(key: str, text: str) -> int | float | str | None:
    """The same as JSON has it: 154.171; None if unknown, a text that is not a number as it is."""
    if text == "--":
        return None
    if re.fullmatch(r"-?[0-9]{1,20}", text):
        decimals = STATUS.get(key, (0, ""))[0]
        return float(_fixed(int(text), 10**decimals, decimals)) if decimals else int(text)
    return float(text) if re.fullmatch(r"-?[0-9]{1,20}\.[0-9]{1,6}", text) else text


def _fixed(value: int, scale: int, decimals: int) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // scale}.{abs(value) % scale:0{decimals}d}"
