"""packlog info --days without files: the days of a running board, without interrupting it.

Little is copied for that: days and hours, and of the frames the newest two files, for today.
Of a history without days it is all frames.
"""

import tempfile
from collections import defaultdict
from pathlib import Path

from host_tools.board import pull
from host_tools.board.listing import Remote
from host_tools.history import info_days

from store import segment

_FRAMES = 2  # files


def days(
    port: str, as_json: bool = False, last: int | None = None, zone: str | None = None
) -> None:
    """Print the days of the packs of the board at that port, as history/info_days.py has it."""
    with tempfile.TemporaryDirectory(prefix="packlog-days-") as folder:
        pull.fetch(port, Path(folder), needed)
        info_days.info([folder], as_json, last, zone)


def needed(remotes: list[Remote]) -> list[Remote]:
    """The files that days are made of."""
    of_series: dict[tuple[str, str], list[Remote]] = defaultdict(list)
    for remote in remotes:
        of_series[remote.pack, remote.series].append(remote)
    folders = segment.FOLDERS
    found = []
    for (pack, series), files in of_series.items():
        if series in (folders[segment.DAYS], folders[segment.HOURS]):
            found += files
        elif series == folders[segment.PACK]:
            files.sort(key=lambda remote: remote.name)
            has_days = (pack, folders[segment.DAYS]) in of_series
            found += files[-_FRAMES:] if has_days else files
    return found
