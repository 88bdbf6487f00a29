"""The table battery_pack, 59 columns, as the BlueNova listener fills it: a row an interval, at
multiples of it, 10 s at least; times in UTC, NULL for what was not seen in the interval.

What a BlueNova says besides is in the history as events: it holds until the next one of its boot.
Rows are left out while MCU_ID is not known; a pack of another BMS, which has none, has the number
of its log there. Cell temperatures and HEALTH are not in a history.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from host_tools.export.schemas import spans
from host_tools.export.targets.rows import (
    BIG,
    NOTHING,
    REAL,
    SMALL,
    TEXT,
    TIME,
    Column,
    Table,
    stamps,
)
from host_tools.history import events, logs, records
from host_tools.history.timeline import UNKNOWN

from sample import EXTRAS, TEXTS
from store import events as codes
from store import segment

DATABASE_ONLY = True
USUAL = "10s"
_LEAST_S = 10
_CELLS = 16
_WH, _MV = 1000, 1000  # in a kWh, in a V
# Column, kind, from which of sample.EXTRAS, divided by, decimals (None: an integer)
_EXTRAS = (
    ("mcu_id", BIG, "mcu_id", 1, None),
    ("n_units", SMALL, "units", 1, None),
    ("unit_rank", SMALL, "rank", 1, None),
    ("cell_count", SMALL, "cells_present", 1, None),
    ("energy_in", REAL, "energy_in", _WH, 3),
    ("energy_out", REAL, "energy_out", _WH, 3),
    ("adc_vp", REAL, "adc_vp", _MV, 3),
    *((f"adc_{n}", REAL, f"adc_{n}", _MV, 4) for n in range(5)),
)
# Column, which of sample.EXTRAS counts it, since the logger started
_COUNTS = (("bad_crc", "bad_crc"), ("parse_fail", "parse_fail"), ("bad_vcell", "bad_cell_voltage"))
_TEXTS = (("errors", 32), ("system_state", 32), ("breaker", 32), ("charge_state", 16))
COLUMNS = (
    Column("insert_time_utc", TIME),
    Column("mcu_id", BIG),
    *(Column(name, SMALL) for name in ("n_units", "unit_rank", "cell_count")),
    *(Column(f"cell_{n + 1:02}_v", REAL) for n in range(_CELLS)),
    *(Column(f"cell_{n + 1:02}_t", SMALL) for n in range(_CELLS)),
    Column("v_pack", REAL),
    Column("i_pack", REAL),
    Column("temp", SMALL),
    Column("v_cell_min", REAL),
    Column("v_cell_max", REAL),
    Column("soc", SMALL),
    Column("health", REAL),
    *(Column(name, TEXT, size) for name, size in _TEXTS),
    *(Column(name, REAL) for name in ("energy_in", "energy_out", "adc_vp")),
    *(Column(f"adc_{n}", REAL) for n in range(5)),
    *(Column(name, SMALL) for name, _ in _COUNTS),
)
_MEANS = (
    ("v_pack", "voltage", 3),
    ("i_pack", "current", 2),
    ("v_cell_min", "min_cell_voltage", 3),
    ("v_cell_max", "max_cell_voltage", 3),
)


def tables(
    files: list[Path], read: records.Reader, pack: str, every: str | None
) -> Iterator[Table]:
    """Raises UsageError."""
    grid = spans.grid(every, USUAL, _LEAST_S)
    rows = spans.frames(files, read, grid)
    time = rows["time"]
    values = {"insert_time_utc": time} | {c.name: _unknown(c, len(time)) for c in COLUMNS[1:]}
    for name, quantity, places in _MEANS:
        values[name] = np.round(rows[quantity], places)
    for name, quantity in (("temp", "temperature"), ("soc", "soc")):
        value = rows[quantity]
        values[name] = np.where(np.isnan(value), NOTHING, np.nan_to_num(np.rint(value))).astype(int)
    _add_cells(values, spans.cells(files, read, grid))
    said = _Said(logs.load(files, segment.EVENTS, events.columns_of, events.NUMBERS, read))
    if not said.has_mcu_id:
        values["mcu_id"] = np.full(len(time), read(files[0])[0].log, np.int64)
    said.add(values, rows["boot"], grid.step)
    table = _table(values, pack)
    yield table.taken(table.values["mcu_id"] != NOTHING)


def _unknown(column: Column, count: int) -> np.ndarray:
    if column.kind == TEXT:
        return np.zeros(count, "S1")
    return np.full(count, np.nan if column.kind == REAL else NOTHING)


def _add_cells(values: spans.Values, rows: spans.Values) -> None:
    _, here, there = np.intersect1d(values["insert_time_utc"], rows["time"], return_indices=True)
    for number, volts in enumerate(rows["cells"].T[:_CELLS]):
        values[f"cell_{number + 1:02}_v"][here] = np.round(volts[there], 3)


class _Said:
    """What events say of a pack, by time."""

    def __init__(self, loaded: logs.Loaded):
        names = ("boot", "time", *events.NUMBERS)
        none = np.zeros(0, np.int64)
        self._rows = {
            name: np.concatenate([none, *(log.columns[name] for log in loaded.logs)])
            for name in names
        }
        dated = self._rows["time"] != UNKNOWN
        order = np.flatnonzero(dated)[np.argsort(self._rows["time"][dated], kind="stable")]
        self._rows = {name: each[order] for name, each in self._rows.items()}

    @property
    def has_mcu_id(self) -> bool:
        """Is there a BMS that says it?"""
        return bool((self._is_value("mcu_id")).any())

    def _is_value(self, name: str) -> np.ndarray:
        rows = self._rows
        return (rows["code"] == codes.VALUE) & (rows["a"] == EXTRAS.index(name))

    def add(self, values: spans.Values, boot: np.ndarray, step: int) -> None:
        """Fill in the columns that come from events, at the ends of intervals."""
        end = values["insert_time_utc"] + step - 1
        for name, kind, extra, divided, places in _EXTRAS:
            if name == "mcu_id" and not self.has_mcu_id:
                continue
            number = self._extra(extra, boot, end)
            if kind == REAL:
                number = np.where(number == NOTHING, np.nan, number / divided).round(places)
            values[name] = number
        for name, extra in _COUNTS:
            values[name] = self._counted(extra, boot, end, step)
        for name, size in _TEXTS:
            values[name] = self._text(name, boot, end, size)

    def _extra(self, name: str, boot: np.ndarray, end: np.ndarray) -> np.ndarray:
        rows = self._rows
        which = self._is_value(name)
        value = rows["b"][which]
        if name != "mcu_id":
            value = np.where(value < 1 << 31, value, value - (1 << 32))
        return _held(rows["time"][which], rows["boot"][which], value, (boot, end), NOTHING)

    def _counted(self, name: str, boot: np.ndarray, end: np.ndarray, step: int) -> np.ndarray:
        """By how much a counter has grown in the interval; the first of a boot counts from 0."""
        now, before = self._extra(name, boot, end), self._extra(name, boot, end - step)
        grown = now - np.where(before == NOTHING, 0, before)
        return np.where((now == NOTHING) | (grown < 0), NOTHING, np.minimum(grown, 32767))

    def _text(self, name: str, boot: np.ndarray, end: np.ndarray, size: int) -> np.ndarray:
        """A text comes in parts of 8 characters, one after the other."""
        rows = self._rows
        which = np.flatnonzero((rows["code"] == codes.TEXT) & (rows["a"] >> 4 == TEXTS.index(name)))
        found: list[tuple[int, int, bytes]] = []
        for row in which.tolist():
            part = (int(rows["b"][row]) | int(rows["c"][row]) << 32).to_bytes(8, "little")
            before = found.pop()[2] if rows["a"][row] & 15 and found else b""
            text = (before + part.rstrip(b"\0"))[:size]
            found.append((int(rows["time"][row]), int(rows["boot"][row]), text))
        if not found:
            return np.zeros(len(end), "S1")
        times, boots, texts = zip(*found, strict=True)
        value = np.array(texts, f"S{size}")
        return _held(np.array(times), np.array(boots), value, (boot, end), np.bytes_(b""))


def _held(times, boots, value: np.ndarray, rows: tuple, nothing) -> np.ndarray:
    """The last value of the same boot up to each row's end."""
    boot, end = rows
    if not len(times):
        return np.full(len(end), nothing)
    place = spans.at(times, end, -1)
    same = (place >= 0) & (boots[place] == boot)
    return np.where(same, value[place], nothing)


def _table(values: spans.Values, pack: str) -> Table:
    time = values["insert_time_utc"]
    months, group = np.unique(
        np.array(time, "datetime64[s]").astype("datetime64[M]"), return_inverse=True
    )
    return Table(
        "battery_pack",
        pack,
        COLUMNS,
        values,
        ("insert_time_utc", "mcu_id"),
        group.reshape(-1),
        [str(month) for month in months],
        time,
        stamps(time),
        has_pack=False,
    )
