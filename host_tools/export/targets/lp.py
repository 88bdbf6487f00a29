"""A file of InfluxDB's line protocol, .lp, times in ns: influx write -f, or curl."""

from pathlib import Path

from host_tools.export.targets.cursors import Batch
from host_tools.export.targets.lines import encoded
from host_tools.export.targets.targets import How
from host_tools.export.targets.whole import Whole

EXTENSION = ".lp"


def open_target(path: Path, how: How) -> "LineFile":
    """Raises PacklogError if nothing can be written there."""
    return LineFile(path)


class LineFile(Whole):
    """Lines of all series."""

    def write(self, batch: Batch) -> None:
        lines = encoded(batch.rows, "000000")
        self.put("".join(f"{line}\n" for line in lines).encode())
