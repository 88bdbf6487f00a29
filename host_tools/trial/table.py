"""A CSV as spreadsheets, Home Assistant, InfluxDB, Grafana and scripts write it, as rows of texts.

What differs from one to the other is found out here: UTF-8, UTF-16 or Windows-1252, with or without
a byte order mark; what separates the columns, and whether 53,2 is a number; lines before those with
the columns' names (sep=;, annotations, a title). The csv module does the reading.
"""

import codecs
import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.ground.inputs import open_input
from host_tools.trial import names
from host_tools.trial.record import COLUMNS

SEPARATORS = ",;\t|"
LINE = 1 << 20  # characters: a longer one is no CSV's
HEAD = 64 * 1024  # bytes that show the encoding
LOOK = 60  # lines that are searched for the names, and those behind that show what a number is
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+(?:\s*\D{1,3})?")
_POINT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d+(?:\s*\D{1,3})?")

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+")


@dataclass
class Table:
    """names of the columns; rows: (line, texts). comma: a number's decimals stand behind one."""

    names: list[str]
    rows: Iterator[tuple[int, list[str]]]
    comma: bool
    separator: str
    notes: list[str] = field(default_factory=list)


def open_table(
    path: Path, fits: Callable[[list[str]], bool], progress: Callable[[int], None]
) -> Table:
    """The table in a file. fits(names) says which line has the columns' names; PacklogError if
    none does. progress is told the characters read.
    """
    lines = _lines(path, _encoding(path), progress)
    above = list(itertools.islice(lines, LOOK))
    for at, line in enumerate(above):
        for separator in sorted(SEPARATORS, key=line.count, reverse=True):
            texts = _split(line, separator)
            if fits(texts):
                return _table(texts, separator, above[: at + 1], above[at + 1 :], lines)
    raise PacklogError(
        f"{path}: none of its first {LOOK} lines has the names of its columns: time, and some of "
        f"{', '.join([*COLUMNS, names.CELLS])}"
    )


def _table(texts, separator: str, above: list[str], sample: list[str], lines) -> Table:
    values = [text for line in sample for text in _split(line, separator)]
    commas = [text for text in values if _COMMA.fullmatch(text)]
    points = [text for text in values if _POINT.fullmatch(text)]
    if commas:  # beside 1,5 a 53.250 has thousands, where commas do not separate columns
        points = [text for text in points if separator == "," or not _THOUSANDS.fullmatch(text)]
    # In quotes between commas 53,250 may be as well 53250
    sure = separator != "," or any(len(text.rsplit(",")[1]) != 3 for text in commas)
    comma = bool(commas) and sure and not points
    reader = csv.reader(itertools.chain(sample, lines), delimiter=separator)
    rows = ((len(above) + reader.line_num, row) for row in reader)
    title = [line for line in above[:-1] if line.strip() and not _is_said(line)]
    notes = [f"left out: {len(title)} lines before the names of the columns"] if title else []
    return Table(texts, rows, comma, separator, notes)


def _is_said(line: str) -> bool:
    """Excel's separator, InfluxDB's annotations: known, and no values."""
    return line.startswith("#") or line.lower().lstrip('"').startswith("sep=")


def _split(line: str, separator: str) -> list[str]:
    try:
        return [text.strip() for text in next(csv.reader([line], delimiter=separator), [])]
    except csv.Error:
        return []


def _encoding(path: Path) -> str:
    if not path.is_file():
        return "utf-8-sig"  # a pipe is read once
    with open_input(path) as file:
        head = file.read(HEAD)
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8-sig"
    except UnicodeDecodeError:
        return "cp1252"  # Excel's, where a degree sign is in the names


def _lines(path: Path, encoding: str, progress: Callable[[int], None]) -> Iterator[str]:
    done = number = 0
    raw = io.BufferedReader(open_input(path))
    with io.TextIOWrapper(raw, encoding=encoding, newline="") as file:
        while line := file.readline(LINE):
            number += 1
            if len(line) == LINE or "\0" in line:
                raise PacklogError(
                    f"{path} is not a CSV of readings (line {number} is too long or not text)"
                )
            done += len(line)
            if number % 20000 == 0:
                progress(done)
            yield line
