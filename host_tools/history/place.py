"""Where a file of a history belongs: FOLDER/PACK/SERIES/NAME.

Names come from boards, which are strangers. This is the one check for all that becomes a path.
"""

import re
from pathlib import Path

import host_tools.ground.firmware  # noqa: F401 - puts the store on the path

from store import segment

_SERIES = re.compile(r"[a-z][a-z0-9_]{0,15}")
_FILE = re.compile(r"[0-9]{8}(-[0-9a-f]{8})?(\.seg|\.shard)")  # with a part of a SHA-256: a twin


def place(folder: Path, pack: str, series: str, name: str) -> Path:
    """The path below the folder; ValueError if one of the names cannot be part of a history."""
    segment.check_name(pack)
    for text, known in ((series, _SERIES), (name, _FILE)):
        if not known.fullmatch(text):
            raise ValueError(f"{text!r} is not a name in a history")
    return folder / pack / series / name
