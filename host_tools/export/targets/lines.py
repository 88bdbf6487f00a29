"""InfluxDB's line protocol, and its servers over HTTP.

A point is known by measurement, tags and time, so sending one twice is harmless. What a field is
(float, integer, text) never changes. The time is in ms: several rows of a second have one each.
"""

from collections.abc import Callable

import numpy as np
from host_tools.export.targets import texts
from host_tools.export.targets.cursors import Batch, Cursor
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.rows import DATE, NOTHING, REAL, TEXT, Table
from host_tools.export.targets.web import Answer, Server
from host_tools.ground.errors import PacklogError
from host_tools.ground.words import counted

TAGS = ("event",)  # besides the pack's name
LEFT_OUT = ("time", "day", "log", "boot", "uptime")  # the point's time stands for them
A_REQUEST = 5000  # lines
MOST_REFUSED = 20  # rows, one by one; then the server refuses all
_IN_TAG = str.maketrans({",": "\\,", " ": "\\ ", "=": "\\="})
_IN_TEXT = str.maketrans({'"': '\\"', "\\": "\\\\"})


def encoded(table: Table, tail: str = "") -> list[str]:
    """A line a row, without one for a row of which nothing is known. tail: behind the time."""
    if not len(table):
        return []
    fields = np.full(len(table), "", object)
    heads = np.full(len(table), f"{table.name}", object)
    for column in table.columns:
        if column.name in TAGS:
            said = texts.column(table, column.name, "")
            heads = heads + texts.coded(said, lambda text, n=column.name: f",{n}={_tag(text)}")
        elif column.name not in LEFT_OUT:
            fields = fields + _field(table, column.name, column.kind)
    heads = heads + f",pack={_tag(table.pack)} "
    times = (f" {each}{tail}" for each in table.stamp.tolist())
    rows = zip(heads.tolist(), fields.tolist(), times, strict=True)
    return [head + said[1:] + time for head, said, time in rows if said]


def _tag(text: str) -> str:
    return text.translate(_IN_TAG)


def _field(table: Table, name: str, kind: str) -> np.ndarray:
    """,name=value of each row, nothing where that is unknown."""
    values = table.values[name]
    if kind in (TEXT, DATE):

        def said(text: str) -> str:
            return f',{name}="{text.translate(_IN_TEXT)}"' if text else ""

        return texts.coded(texts.column(table, name, ""), said)
    if kind == REAL:
        return texts.numbers(values, "", lambda each: f",{name}={each!r}")
    return texts.coded(values, lambda each: "" if each == NOTHING else f",{name}={each}i")


class Lines:
    """A target that takes lines by POST. to(lines' bytes) is the server's answer; said: by the
    status of its answer, what to do about it.
    """

    SERIES = None
    ONE = False

    def __init__(self, server: Server, kept: Kept, to: Callable[[bytes], Answer]):
        self.server = server
        self.said: dict[int, str] = {}
        self._kept = kept
        self._to = to
        self._size = A_REQUEST
        self._refused: list[str] = []

    def cursors(self, table: Table) -> dict[str, Cursor]:
        return self._kept.cursors(table)

    def write(self, batch: Batch) -> None:
        lines = encoded(batch.rows)
        while lines:
            part, lines = lines[: self._size], lines[self._size :]
            self._post(part)
        self._kept.take(batch)

    def _post(self, lines: list[str]) -> None:
        """Send lines, halved if they are too many or one of them is refused."""
        answer = self._to(("\n".join(lines) + "\n").encode())
        if answer.is_good:
            return
        if answer.status not in (400, 413):
            raise self._unwanted(answer)
        if len(lines) > 1:
            half = len(lines) // 2
            if answer.status == 413:
                self._size = max(1, min(self._size, half))
            self._post(lines[:half])
            self._post(lines[half:])
            return
        self._refused.append(f"{answer.status} {answer.text}")
        if len(self._refused) > MOST_REFUSED:
            raise PacklogError(
                f"{self.server.name} refuses the rows: {self._refused[-1]}: nothing more is sent"
            )

    def _unwanted(self, answer: Answer) -> PacklogError:
        remedy = self.said.get(answer.status, "see the server's log")
        return PacklogError(f"{self.server.name}: {answer.status} {answer.text}: {remedy}")

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, kind, *error) -> None:
        self.server.close()
        if self._refused and kind is None:
            raise PacklogError(
                f"{self.server.name} has refused {counted(len(self._refused), 'row')}, the rest is "
                f"there: {self._refused[-1]}"
            )
