"""Files that a user names, which may be anything: a device has no end, a pipe perhaps no writer,
and a file may be larger than the memory.
"""

import os
import select
import stat
from pathlib import Path
from typing import BinaryIO

from host_tools.ground.errors import PacklogError

WRITER_S = 5  # until somebody has to write to a pipe


def open_input(path: Path) -> BinaryIO:
    """A file, or a pipe to which somebody writes, unbuffered. OSError as open(), and PacklogError
    if it is something that has no end.
    """
    mode = path.stat().st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise PacklogError(f"{path} is a device: copy what comes from it into a file first")
    if not stat.S_ISFIFO(mode) or not hasattr(os, "O_NONBLOCK"):
        return open(path, "rb", buffering=0)
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # which would wait for the other end
    if not select.select([number], [], [], WRITER_S)[0]:
        os.close(number)
        raise PacklogError(f"{path} is a pipe to which nobody writes")
    os.set_blocking(number, True)
    return open(number, "rb", buffering=0)


def read_input(path: Path, most: int) -> bytes:
    """The whole file; PacklogError if it is larger than most bytes."""
    data = b""
    with open_input(path) as file:
        while len(data) <= most:
            piece = file.read(most + 1 - len(data))
            if not piece:
                return data
            data += piece
    raise PacklogError(f"{path} is larger than {most} bytes: is it that file?")
