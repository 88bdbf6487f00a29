"""Where the firmware's files are, and the way to import its plain-Python modules on the PC.

Importing this module appends that folder to sys.path: decoders, Sample and the store's format
description are used from where the board has them, never copied.
"""

import sys
from pathlib import Path

CONFIG = "config.json"
MANIFEST = "manifest.py"  # for those who build MicroPython: not for a board
_PACKAGE = Path(__file__).resolve().parents[1]


def _find() -> Path:
    for folder in (_PACKAGE / "_firmware", _PACKAGE.parent / "firmware"):
        if (folder / "main.py").is_file():
            return folder
    raise ImportError("the firmware folder is missing: install packlog again")


FIRMWARE = _find()
if str(FIRMWARE) not in sys.path:
    sys.path.append(str(FIRMWARE))


def sources(firmware: Path) -> dict[str, bytes]:
    """Path below the folder -> contents, of everything there that belongs on a board."""
    return {
        path.relative_to(firmware).as_posix(): path.read_bytes()
        for path in sorted(firmware.rglob("*"))
        if path.is_file() and path.suffix in (".py", ".json") and "__pycache__" not in path.parts
        if path.name != MANIFEST
    }
