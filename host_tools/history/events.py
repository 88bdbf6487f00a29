"""The events of a pack, in words: docs/format.md's series 3.

A text has neither commas nor quotes, so that it can stand in a CSV as it is.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from host_tools.ground.firmware import declared, names
from host_tools.ground.units import moment
from host_tools.history import logs, records
from host_tools.history.pieces import EVENT, Columns
from host_tools.history.undated import Undated

from sample import (
    BALANCING,
    CHARGE_ON,
    CHARGE_STOPPED,
    DISCHARGE_ON,
    DISCHARGE_STOPPED,
    EXTRAS,
    TEXTS,
)
from store import events, segment

NUMBERS = ("code", "a", "b", "c")

# In the order of firmware/health.py, which has shorter words for a display
CAUSES = (
    "",
    "power on",
    "reset",
    "by the watchdog",
    "woken from deep sleep",
    "soft reset (as by a PC)",
    "planned by the logger",
)
CLOCKS = ("", "an RTC", "a PC", "NTP", "a DS3231", "a browser")
# What a protection is called when it comes on and when it goes off
PROTECTIONS = {
    CHARGE_STOPPED: ("charge stopped", "charge allowed again"),
    DISCHARGE_STOPPED: ("discharge stopped", "discharge allowed again"),
}
SWITCHES = {
    CHARGE_ON: ("charge on", "charge off"),
    DISCHARGE_ON: ("discharge on", "discharge off"),
    BALANCING: ("balancing on", "balancing off"),
}
SERIES = {**segment.FOLDERS, segment.PACK: "frames"}
ERRORS = {5: "flash error", 28: "flash full"}


@dataclass
class Events:
    """One row an event: its name and its details as ASCII bytes, and the numbers they come from."""

    boot: np.ndarray
    uptime: np.ndarray  # s since the boot
    time: np.ndarray  # unix s, -1 not known
    code: np.ndarray
    a: np.ndarray
    b: np.ndarray
    c: np.ndarray
    event: np.ndarray
    details: np.ndarray
    undated: np.ndarray  # number in boots of a row that no clock has dated, from 1
    pack: str = ""
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    boots: list[Undated] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.boot)


def load(paths: Iterable[Path | str], read: records.Reader = records.read) -> Events:
    """The events in paths, which are files or folders. PacklogError if there is no file at all."""
    loaded = logs.load(paths, segment.EVENTS, columns_of, NUMBERS, read)
    names = ("boot", "uptime", "time", "undated", *NUMBERS)
    parts = {name: [log.columns[name] for log in loaded.logs] for name in names}
    rows = {name: np.concatenate([np.zeros(0, np.int64), *parts[name]]) for name in names}
    event, details = in_texts(*(rows[name] for name in NUMBERS))
    return Events(**rows, event=event, details=details, **logs.about(loaded))


def columns_of(rows: np.ndarray, header: segment.Header) -> Columns:
    """The numbers of events, a row of bytes each."""
    taken = np.ascontiguousarray(rows[:, : events.SIZE]).reshape(-1).view(EVENT)
    return {name: taken[name].astype(np.int64) for name in NUMBERS}


def in_texts(code, a, b, c) -> tuple[np.ndarray, np.ndarray]:
    """The texts of all rows; each different event is put into words once."""
    if not len(code):
        return np.zeros(0, "S1"), np.zeros(0, "S1")
    before = _config_before(code, a, b)
    different, index = np.unique(np.stack([code, a, b, c, before]), axis=1, return_inverse=True)
    index = index.reshape(-1)
    said = [in_words(*map(int, numbers)) for numbers in different.T]
    event = np.array([name.encode() for name, _ in said], "S")
    details = np.array([text.encode() for _, text in said], "S")
    return event[index], details[index]


def _config_before(code: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """For each CONFIG event the b of the one before it; -1 elsewhere, and where that is a CRC of
    something else.
    """
    before = np.full(len(code), -1, np.int64)
    at = np.flatnonzero(code == events.CONFIG)
    before[at[1:]] = np.where(a[at[1:]] == a[at[:-1]], b[at[:-1]], -1)
    return before


def in_words(code: int, a: int, b: int, c: int, before: int = -1) -> tuple[str, str]:
    """The name of an event and what it says. before: the CRC-32 of the config before, -1 none."""
    if not 0 < code < len(events.NAMES):
        return f"code_{code}", f"a={a} b={b} c={c}"
    if code == events.CONFIG:
        what = "is" if before < 0 else "as before:" if before == b else "changed: now"
        # One of the whole file is left out: passwords can be tried against it
        number = f"CRC-32 {b:08x}" if a == events.PLAIN else "noted"
        return events.NAMES[code], f"config.json {what} {number}"
    return events.NAMES[code], _DETAILS[code](a, b, c)


def _bits(now: int, before: int, name: str, words: dict[int, tuple[str, str]]) -> str:
    """What has come on and gone off; a bit without words of its own is a NAME of that number."""
    said = []
    for bit in range(32):
        flag = 1 << bit
        if (now ^ before) & flag:
            on, off = words.get(flag, (f"{name} {bit} on", f"{name} {bit} off"))
            said.append(on if now & flag else off)
    return "; ".join(said)


@cache
def alarms(number: int) -> tuple[str, ...]:
    """What the error bits of the BMS with that NUMBER are called."""
    found = (declared("bms", name) for name in names("bms"))
    return next((said.get("ALARMS", ()) for said in found if said["NUMBER"] == number), ())


def _errors(a: int, b: int, c: int) -> str:
    called = alarms(a)
    words = {1 << bit: (name, f"{name} over") for bit, name in enumerate(called) if name}
    return _bits(b, c, "error", words)


def _text(a: int, b: int, c: int) -> str:
    name = _entry(TEXTS, a >> 4, "text")
    return f"{name}{'...' if a & 15 else ':'} {_characters(b, c)}"


def _value(a: int, b: int, c: int) -> str:
    name = _entry(EXTRAS, a, "value")
    if name == "mcu_id":
        return f"{name} {b:08x}"
    return f"{name} {b if b < 1 << 31 else b - (1 << 32)}"


def _entry(names: tuple[str, ...], number: int, kind: str) -> str:
    return (names[number] if number < len(names) else "") or f"{kind} {number}"


def _characters(b: int, c: int) -> str:
    raw = (b | c << 32).to_bytes(8, "little")
    return re.sub(r"[^\w .-]", "?", raw.rstrip(b"\0").decode("ascii", "replace"), flags=re.A)


def _clock(a: int, b: int, c: int) -> str:
    by = _entry(CLOCKS, a, "clock")
    at = f"by {by} to {moment(b)}"
    if not c:
        return f"{at}; it was not known"
    if abs(c - b) < 2:
        return f"{at}; it was right"
    return f"{at}; it was {abs(c - b)} s {'ahead' if c > b else 'behind'}"


def _task(a: int, b: int, c: int) -> str:
    name = re.sub(r"^(?!\w).?", "?", _characters(b, c))  # no cell of a CSV begins with a -
    return f"{name}: OSError {a}" if a else name


def _silent(a: int, b: int, c: int) -> str:
    return f"no reading since the start: {b} s" if a else f"no reading for {b} s"


def _series(number: int) -> str:
    return SERIES.get(number, f"series {number}")


def _name(code: int) -> str:
    return events.NAMES[code] if 0 < code < len(events.NAMES) else f"code_{code}"


_DETAILS = {
    events.REBOOT: lambda a, b, c: _entry(CAUSES, a, "cause"),
    events.PROTECTION: lambda a, b, c: _bits(b, c, "protection", PROTECTIONS),
    events.BMS_ERRORS: _errors,
    events.SWITCHES: lambda a, b, c: _bits(b, c, "switch", SWITCHES),
    events.TEXT: _text,
    events.VALUE: _value,
    events.LINK_SILENT: _silent,
    events.LINK_BACK: lambda a, b, c: f"after {b} s without a reading",
    events.CLOCK_SET: _clock,
    events.REJECTED: lambda a, b, c: f"{b} damaged packets since the last such event",
    events.READINGS_LOST: lambda a, b, c: f"{b} readings could not be taken in",
    events.RECORDS_DROPPED: lambda a, b, c: f"{b} records that the flash did not take in time",
    events.STORAGE_FAILED: lambda a, b, c: f"{_series(a)}: {ERRORS.get(b, f'error {b}')}",
    events.STORAGE_BACK: lambda a, b, c: f"{_series(a)}: after {b} s",
    events.RECORDS_DAMAGED: lambda a, b, c: f"{b} records that the flash has damaged",
    events.TASK_DIED: _task,
    events.LEFT_OUT: lambda a, b, c: f"{b} times {_name(a)} that came too often",
}
