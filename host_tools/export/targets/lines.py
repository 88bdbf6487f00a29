"""InfluxDB's line protocol, and its servers over HTTP.

A point is known by measurement, tags and time, so sending one twice is harmless. What a field is
(float, integer, text) never changes. The time is in ms: several rows of a second have one each.
"""

from collections.abc import Callable

import numpy as np
from host_tools.export.targets import texts
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.posted import Posted
from host_tools.export.targets.rows import DATE, NOTHING, REAL, TEXT, Table
from host_tools.export.targets.web import Answer, Server

TAGS = ("event",)  # besides the pack's name
LEFT_OUT = ("time", "day", "log", "boot", "uptime")  # the point's time stands for them
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


class Lines(Posted):
    """A target that takes lines by POST. to(body) is the server's answer."""

    def __init__(self, server: Server, kept: Kept, to: Callable[[bytes], Answer]):
        super().__init__(server, kept)
        self._to = to

    def items(self, rows: Table) -> list[str]:
        return encoded(rows)

    def post(self, items: list[str]) -> Answer:
        return self._to(("\n".join(items) + "\n").encode())
