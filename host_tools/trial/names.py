"""What columns are called, by packlog and by others, and the units in their names.

A name counts as a whole, small or capital, whatever stands between its words: a column of the
inverter's voltage is not the pack's. What all names of a file begin with is left out, such as a
device's name (sensor.house_voltage, sensor.house_soc).
"""

import dataclasses
import re
from dataclasses import dataclass

TIME, CLOCK, CELL, CELLS = "time", "clock", "cell", "cell_voltages"
KEY, VALUE = "key", "value"  # of a table with a value a row

# Words, joined by blanks. The first one of each is packlog's own
ALIASES = {
    TIME: "time|timestamp|date|datetime|date time|time stamp|ts|last changed|last updated|unixtime|"
    "unix|epoch|created at|insert time utc|zeit|zeitpunkt|zeitstempel|datum|datum zeit|"
    "datum uhrzeit|time utc|date utc",
    "voltage": "voltage|volt|volts|u|v|pack v|vpack|vtot|pack voltage|batteryvolt|bus voltage|"
    "spannung|gesamtspannung|batteriespannung|akkuspannung|packspannung|udc|vbat|ubat|vbatt",
    "current": "current|amps|amp|ampere|amperes|i|pack i|ipack|curr|pack current|strom|"
    "batteriestrom|akkustrom|packstrom|ibat|ibatt",
    "temperature": "temperature|temp|temp 1|t 1|temperature 1|temperatur|temperatur 1|"
    "temperature sensor 1|batterietemperatur|akkutemperatur",
    "soc": "soc|state of charge|charge level|level|ladezustand|soc percent",
    "min_cell_voltage": "min cell voltage|cell voltage min|minimum cell voltage|voltage cell min|"
    "lowest cell voltage|cell min|min cell|vc min|v cell min|celllow|cell v min|min cell v|"
    "cell min voltage",
    "max_cell_voltage": "max cell voltage|cell voltage max|maximum cell voltage|voltage cell max|"
    "highest cell voltage|cell max|max cell|vc max|v cell max|cellhigh|cell v max|max cell v|"
    "cell max voltage",
    "min_voltage_cell": "min voltage cell|min cell number|cell min number|min cell index",
    "max_voltage_cell": "max voltage cell|max cell number|cell max number|max cell index",
    CELLS: "cell voltages",
    KEY: "entity id|field|series|metric|statistic id|sensor|entity",
    VALUE: "state|value|mean|val|wert",
}
CLOCKS = {"time", "zeit", "uhrzeit", "clock"}  # beside a column of dates
DATES = {"date", "datum", "day", "tag"}
OWN = {"reading", "boot", "uptime", "result", "table", "start", "stop"}  # left out without a word
_OF_TIMES = {"s", "ms", "us", "ns", "utc", "gmt", "local"}
_FORM = re.compile(r"[ymdhst:./\- ]{5,}")  # yyyy-mm-dd hh:mm
_NOISE = {"battery", "batt", "sensor", "total", "avg", "average", "pack", "bms", "mean", "last"}
_CELL = re.compile(
    r"(?:cell|zelle|u|c|v|cellvolt|cell volt|cell voltage|voltage cell|zellspannung|cell v|vcell)"
    r" 0*(\d\d?)(?: (?:voltage|volt|v|u))?"
)
# Of what a unit is: (quantity, how many of packlog's are 1, what is added)
UNITS = {
    "v": ("V", 1, 0),
    "volt": ("V", 1, 0),
    "volts": ("V", 1, 0),
    "mv": ("V", 0.001, 0),
    "a": ("A", 1, 0),
    "amp": ("A", 1, 0),
    "amps": ("A", 1, 0),
    "ma": ("A", 0.001, 0),
    "%": ("%", 1, 0),
    "percent": ("%", 1, 0),
    "pct": ("%", 1, 0),
    "c": ("C", 1, 0),
    "degc": ("C", 1, 0),
    "celsius": ("C", 1, 0),
    "f": ("C", 5 / 9, -160 / 9),
    "degf": ("C", 5 / 9, -160 / 9),
    "fahrenheit": ("C", 5 / 9, -160 / 9),
    "k": ("C", 1, -273.15),
    "kelvin": ("C", 1, -273.15),
}
QUANTITIES = {
    "voltage": "V",
    "min_cell_voltage": "V",
    "max_cell_voltage": "V",
    CELL: "V",
    CELLS: "V",
    "current": "A",
    "temperature": "C",
    "soc": "%",
}
_BY_WORDS = {name: field for field, names in ALIASES.items() for name in names.split("|")}


@dataclass(frozen=True)
class Column:
    """What a column has: a field, of a cell its number, and its unit."""

    field: str
    cell: int = 0
    factor: float = 1
    shift: float = 0
    has_unit: bool = False
    is_own: bool = False  # as packlog itself calls it


def columns_of(names: list[str]) -> list[Column | None]:
    """What each name means, None if nothing."""
    found = [column_of(name) for name in names]
    rest = [i for i, column in enumerate(found) if column is None and names[i]]
    common = _common([_words(names[i])[0] for i in rest]) if len(rest) > 1 else 0
    for i in rest if common else ():
        words, unit = _words(names[i])
        found[i] = _meaning(words[common:], unit)
    if len(rest) == 1 and not any(column and column.field in QUANTITIES for column in found):
        words, unit = _words(names[rest[0]])
        ends = (_meaning(words[at:], unit) for at in range(1, len(words)))
        found[rest[0]] = next(filter(None, ends), None)
    if any(column and column.field == CELL and not column.cell for column in found):
        found = [_next(column) for column in found]
    return found


def _next(column: Column | None) -> Column | None:
    """The same where cells count from 0."""
    if column and column.field == CELL:
        return dataclasses.replace(column, cell=column.cell + 1)
    return column


def column_of(name: str) -> Column | None:
    """What a name means by itself."""
    words, unit = _words(name)
    return _meaning(words, unit)


def _meaning(words: list[str], unit: str) -> Column | None:
    if words and words[-1] in _OF_TIMES and _BY_WORDS.get(" ".join(words[:-1])) == TIME:
        return Column(TIME)  # its numbers say whether they are ms
    for said in (words, [word for word in words if word not in _NOISE]):
        for end in (len(said), len(said) - 1):  # voltage_mv: its last word may be the unit
            own_unit = unit or (said[end] if 0 < end < len(said) else "")
            if end < 1 or (end < len(said) and (unit or own_unit not in UNITS)):
                continue
            text = " ".join(said[:end])
            cell = _CELL.fullmatch(text)
            field = _BY_WORDS.get(text) or (CELL if cell else None)
            if text == "t" and own_unit:  # without a unit it may be a time
                field = "temperature"
            if field and _fits(field, own_unit):
                _, factor, shift = UNITS.get(own_unit, ("", 1, 0))
                number = int(cell[1]) if cell and field == CELL else 0
                own = text == ALIASES.get(field, "").split("|")[0]
                return Column(field, number, factor, shift, bool(own_unit), own)
    return None


def _fits(field: str, unit: str) -> bool:
    """Is it a unit of that field? A time's numbers show theirs."""
    if field == TIME and (unit in _OF_TIMES or _FORM.fullmatch(unit)):
        return True
    return not unit or UNITS.get(unit, ("",))[0] == QUANTITIES.get(field)


def _words(name: str) -> tuple[list[str], str]:
    """The words of a name, and its unit: voltage [V], U in V, Strom/A, {__name__="soc"}."""
    text = name.strip().lower()
    if label := re.search(r'__name__="([^"]*)"', text):
        text = label[1]
    text = re.sub(r"(?<=\S)\s*\{.*\}$", "", text)
    unit = ""
    if found := re.search(
        r"\s*(?:[\[(<]\s*([^\])>]*?)\s*[\])>]|\bin ([\w%°]+)|/\s*([\w%°]+))$", text
    ):
        said = next(filter(None, found.groups()), "").replace("°", "deg").replace("º", "deg")
        said = said.removeprefix("deg") if said in ("deg", "degc", "degf") else said
        if said in UNITS or found[1] is not None:
            unit, text = said or "c", text[: found.start()]
    text = text.replace("°", " ").replace("%", " percent ")
    return re.findall(r"[^\W\d_]+|\d+", text), unit


def _common(names: list[list[str]]) -> int:
    """How many words all of them begin with; each keeps one."""
    count = 0
    while all(len(words) > count + 1 for words in names):
        if len({words[count] for words in names}) > 1:
            break
        count += 1
    return count
