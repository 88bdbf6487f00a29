"""The status line that the firmware prints on its console every few seconds, read.

`packlog NAME key=value key=value ...`, unknown values as --; a line that begins with `packlog!`
says what is wrong. firmware/display/console.py writes them.
"""

from dataclasses import dataclass

PREFIX = "packlog "
TROUBLE = "packlog! "


@dataclass
class Status:
    """One status line: the pack's name and its values as they stand there."""

    pack: str
    values: dict[str, str]

    def number(self, key: str) -> float | None:
        """A value as a number: None if unknown or not there."""
        text = self.values.get(key, "--").split("#")[0]
        try:
            return float(text)
        except ValueError:
            return None


def parse(line: str) -> Status | None:
    """The line as a Status, None if it is something else."""
    if not line.startswith(PREFIX):
        return None
    pack, *pairs = line[len(PREFIX) :].split()
    values = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return Status(pack, values) if "readings" in values else None


def trouble(line: str) -> str | None:
    """What the board complains of in this line, None if it does not."""
    return line[len(TROUBLE) :] if line.startswith(TROUBLE) else None
