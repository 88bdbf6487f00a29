"""Cursors of targets that cannot keep them: a small file beside the history, one a target.

Rows are acknowledged before the file says so. After a kill in between they are sent again, which
does no harm there: such targets know a row by its time.
"""

import hashlib
import json
from pathlib import Path

from host_tools.export.targets.address import without_file
from host_tools.export.targets.cursors import Batch, Cursor
from host_tools.export.targets.rows import Table
from host_tools.ground.errors import PacklogError
from host_tools.ground.output import open_output
from host_tools.ground.text import parse_json


class Kept:
    """The cursors of the target with that address."""

    def __init__(self, folder: Path, address: str):
        self._address = without_file(address)
        name = hashlib.sha256(self._address.encode()).hexdigest()[:8]
        self.path = folder / f".packlog-sent-{name}.json"
        self._cursors = self._read()

    def cursors(self, table: Table) -> dict[str, Cursor]:
        """Those of a table."""
        return dict(self._cursors.get((table.name, table.pack), {}))

    def take(self, batch: Batch) -> None:
        """The batch is there: keep its cursors."""
        of_table = self._cursors.setdefault((batch.rows.name, batch.rows.pack), {})
        of_table |= batch.cursors
        said = [
            [name, pack, part, cursor.position, cursor.digest]
            for (name, pack), parts in self._cursors.items()
            for part, cursor in parts.items()
        ]
        with open_output(self.path) as file:
            file.write(json.dumps({"target": self._address, "cursors": said}))

    def _read(self) -> dict[tuple[str, str], dict[str, Cursor]]:
        found: dict[tuple[str, str], dict[str, Cursor]] = {}
        try:
            said = parse_json(self.path.read_text(encoding="utf8"))["cursors"]
            for name, pack, part, position, digest in said:
                found.setdefault((name, pack), {})[part] = Cursor(int(position), int(digest))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise PacklogError(f"{self.path} cannot be read: {error.strerror}") from None
        except (ValueError, TypeError, KeyError):
            raise PacklogError(
                f"{self.path} is damaged: delete it, then everything is sent once more, which does "
                "no harm there"
            ) from None
        return found
