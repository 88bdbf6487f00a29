"""A target that takes rows by POST, some thousands at a time, and knows a row by its time: sending
one twice is harmless. Its cursors are kept beside the history.

Too many at once (413) are halved. Refused ones (400) are halved down to the row that is refused:
the others are taken, and the error at the end says why that one was not.
"""

from host_tools.export.targets.cursors import Batch, Cursor
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.rows import Table
from host_tools.export.targets.web import Answer, Server
from host_tools.ground.errors import PacklogError
from host_tools.ground.words import counted

MOST_REFUSED = 20  # rows, one by one; then the server refuses all


class Posted:
    """said: by the status of an answer, what to do about it. AT_ONCE: items of a request."""

    SERIES: tuple[str, ...] | None = None
    ONE = False
    AT_ONCE = 5000

    def __init__(self, server: Server, kept: Kept):
        self.server = server
        self.said: dict[int, str] = {}
        self._kept = kept
        self._size = self.AT_ONCE
        self._refused: list[str] = []

    def items(self, rows: Table) -> list:
        """What is sent of rows, one each; none for a row of which nothing is known."""
        raise NotImplementedError

    def post(self, items: list) -> Answer:
        """Send some items in one request."""
        raise NotImplementedError

    def cursors(self, table: Table) -> dict[str, Cursor]:
        return self._kept.cursors(table)

    def write(self, batch: Batch) -> None:
        items = self.items(batch.rows)
        while items:
            part, items = items[: self._size], items[self._size :]
            self._send(part)
        self._kept.take(batch)

    def _send(self, items: list) -> None:
        answer = self.post(items)
        if answer.is_good:
            return
        if answer.status not in (400, 413):
            raise self.unwanted(answer)
        if len(items) > 1:
            half = len(items) // 2
            if answer.status == 413:
                self._size = max(1, min(self._size, half))
            self._send(items[:half])
            self._send(items[half:])
            return
        self._refused.append(f"{answer.status} {answer.text}")
        if len(self._refused) > MOST_REFUSED:
            raise PacklogError(
                f"{self.server.name} refuses the rows: {self._refused[-1]}: nothing more is sent"
            )

    def unwanted(self, answer: Answer) -> PacklogError:
        """The error of an answer that holds for all rows."""
        remedy = self.said.get(answer.status, "see the server's log")
        return PacklogError(f"{self.server.name}: {answer.status} {answer.text}: {remedy}")

    def __enter__(self) -> "Posted":
        return self

    def __exit__(self, kind, *error) -> None:
        self.server.close()
        if self._refused and kind is None:
            raise PacklogError(
                f"{self.server.name} has refused {counted(len(self._refused), 'row')}, the rest is "
                f"there: {self._refused[-1]}"
            )
