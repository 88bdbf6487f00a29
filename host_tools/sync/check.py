"""packlog check: is what a board or a history says of its packs fresh? For cron and scripts."""

import stat
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from host_tools.board import live, readable
from host_tools.board.site import is_url
from host_tools.ground.errors import PacklogError
from host_tools.ground.text import show
from host_tools.history import logs, records
from host_tools.history.pieces import Columns
from host_tools.history.timeline import UNKNOWN

from store import segment

SERIES = (segment.PACK, segment.CELLS, segment.EVENTS)
_FUTURE_S = 60  # by which two clocks may differ


def check(places: Iterable[str], grace_s: int) -> bool:
    """Print a line a pack, OK or !!! with the age of what is newest. Is all of it fresh?

    places: boards (http://HOST or a serial port) and pulled folders or files.
    """
    fresh = True
    for place in places:
        try:
            ages = of_board(place) if is_board(place) else of_history(Path(place))
        except PacklogError as error:
            show(f"!!! {place}: {error}")
            fresh = False
            continue
        for pack, age in ages.items():
            is_fresh = age is not None and -_FUTURE_S <= age <= grace_s
            show(f"{'OK ' if is_fresh else '!!!'} {pack}: {_in_words(age)}")
            fresh = fresh and is_fresh
    return fresh


def is_board(place: str) -> bool:
    """Is this a board's address or its port, rather than a file?"""
    if is_url(place):
        return True
    try:
        return stat.S_ISCHR(Path(place).stat().st_mode)
    except OSError:
        return place.upper().startswith("COM") and place[3:].isdigit()


def of_board(port: str) -> dict[str, float | None]:
    """By pack the age of its last reading in s, None if there was none. PacklogError if the board
    does not answer.
    """
    said = live.state(port, [])
    ages = {}
    for pack, values in said.items():
        if pack != readable.HEALTH and "age" in values:
            try:
                ages[pack] = float(values["age"])
            except ValueError:
                ages[pack] = None
    if not ages:
        raise PacklogError("the logger has no pack: packlog config check says what is wrong")
    return ages


def of_history(path: Path) -> dict[str, float | None]:
    """By pack how long ago its newest record was in s, None if none has a date. PacklogError."""
    of_pack: dict[str, list[Path]] = defaultdict(list)
    for file in records.find([path]):
        header = records.read(file)[0]
        if header:
            of_pack[header.name].append(file)
    if not of_pack:
        raise PacklogError("nothing of a history can be read there: pull again")
    now = time.time()
    newest = {pack: _newest(files) for pack, files in sorted(of_pack.items())}
    return {pack: None if last is None else now - last for pack, last in newest.items()}


def _newest(files: list[Path]) -> int | None:
    found = []
    for series in SERIES:
        for log in logs.load(files, series, _nothing_more).logs:
            times = log.columns["time"]
            found += [int(times[times != UNKNOWN].max(initial=UNKNOWN))]
    last = max(found, default=UNKNOWN)
    return None if last == UNKNOWN else last


def _nothing_more(rows: np.ndarray, header: segment.Header) -> Columns:
    """Only when a record was."""
    return {"size": np.zeros(len(rows), np.int8)}


def _in_words(age: float | None) -> str:
    if age is None:
        return "nothing yet that has a date"
    if age < -_FUTURE_S:
        return f"{-age:.0f} s in the future: is this computer's clock right?"
    return f"{max(age, 0):.0f} s"
