"""The status line that the firmware prints on its console every few seconds, read.

`packlog NAME key=value key=value ...`, unknown values as --; a line that begins with `packlog!`
reports what is wrong. firmware/console.py writes them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
from host_tools.ground.errors import PacklogError

from console import EXTRA, HEALTH, TROUBLE, UNKNOWN

PREFIX = "packlog "
OWN = tuple(each.split()[1] for each in (HEALTH, EXTRA))  # no pack's name: lines of other kinds
START_S = 20  # until a logger that was started has said how it is


def not_running(port: str) -> PacklogError:
    """The error of a board on which no logger has been heard."""
    return PacklogError(
        f"no packlog is running at {port}: packlog install puts it there; one that was stopped by "
        "a Ctrl-C goes on after packlog config show, or a reset"
    )


@dataclass
class Status:
    """One status line: the pack's name and its values as they stand there."""

    pack: str
    values: dict[str, str]

    def number(self, key: str) -> float | None:
        """A value as a number: None if unknown or not there."""
        text = self.values.get(key, UNKNOWN).split("#")[0]
        try:
            return float(text)
        except ValueError:
            return None


def parse(line: str) -> Status | None:
    """The line as a Status, None if it is something else."""
    if not line.startswith(PREFIX):
        return None
    pack, *pairs = line[len(PREFIX) :].split()
    values = _values(pairs)
    return Status(pack, values) if "readings" in values else None


def _values(pairs: list[str]) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def any_line(line: str) -> tuple[str, str, dict[str, str]] | None:
    """("pack", "extra" or "health", the pack's name, values) of a line; None of any other."""
    if found := parse(line):
        return "pack", found.pack, found.values
    words = line.split()
    if words[:2] == HEALTH.split():
        return "health", "", _values(words[2:])
    if words[:2] == EXTRA.split() and len(words) > 3:
        return "extra", words[2], _values(words[3:])
    return None


def see_start(lines: Iterable[str], known: Collection[str] = ()) -> tuple[bool, str | None]:
    """Read until the logger says that a pack sends readings: (does it run?, the pack's name).

    The name is None if no reading came. PacklogError with what the logger complains of, but for
    those complaints that are known.
    """
    running = False
    for line in lines:
        if (complaint := trouble(line)) and complaint not in known:
            raise PacklogError(complaint)
        found = parse(line)
        if found and found.number("readings"):
            return True, found.pack
        running = running or found is not None
    return running, None


def trouble(line: str) -> str | None:
    """What the board complains of in this line, None if it does not."""
    return line[len(TROUBLE) :] if line.startswith(TROUBLE) else None
