"""Where a command's output goes: standard output, or a file that is only replaced when complete.

A full disk or an interrupted command leaves the old file as it was and nothing beside it. Every
error while writing becomes a PacklogError that names the file and the remedy.
"""

import contextlib
import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, TextIO

from host_tools.ground.errors import PacklogError

REMEDIES = {
    errno.ENOSPC: "the disk is full: free some space, or name a file on another disk",
    errno.EDQUOT: "your disk quota is used up: free some space, or name a file on another disk",
    errno.EFBIG: "the file would be larger than is allowed here",
    errno.EACCES: "no permission to write there: name another file, or change the permissions",
    errno.EPERM: "no permission to write there: name another file, or change the permissions",
    errno.EROFS: "that disk is read-only: name a file on another disk",
    errno.ENOENT: "the folder does not exist: create it first",
    errno.ENOTDIR: "part of the path is a file, not a folder: name another file",
    errno.EISDIR: "that is a folder: name a file",
}


def write_error(name: str, error: OSError) -> PacklogError:
    """The one line for an error while writing to that file."""
    remedy = REMEDIES.get(error.errno, error.strerror or str(error))
    return PacklogError(f"cannot write {name}: {remedy}")


class _Named:
    """A stream whose errors name the file; a reader who left stays BrokenPipeError.

    It is no class of io's: those are flushed when they are deleted, and the file is closed by then.
    """

    def __init__(self, stream: IO, name: str):
        self._stream = stream
        self._name = name

    def fileno(self) -> int:
        return self._stream.fileno()

    def write(self, data: str | bytes) -> int:
        with _named(self._name):
            return self._stream.write(data)

    def flush(self) -> None:
        with _named(self._name):
            self._stream.flush()


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_error(name, error) from error


def check_place(path: Path) -> None:
    """PacklogError if no file can be made there: for what is written at the end of a long run."""
    with _named(str(path)):
        if not path.parent.is_dir():
            raise OSError(errno.ENOENT, "no such folder")
        if path.is_dir():
            raise OSError(errno.EISDIR, "is a folder")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise OSError(errno.EACCES, "not writable")


def spare_inputs(out: Path | str | None, inputs: Iterable[Path]) -> None:
    """PacklogError if writing to out would replace one of the files that are read."""
    if out is not None and any(_are_one_file(Path(out), each) for each in inputs):
        raise PacklogError(f"{out} is itself what is to be read: name another file for the CSV")


def _are_one_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def is_file(stream: TextIO) -> bool:
    """Is it one? A terminal or a pipe, perhaps to a pager, has the data where a bar would be."""
    try:
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    except OSError:
        return False


@contextlib.contextmanager
def open_output(
    path: Path | None, mode: str = "w", permissions: int | None = None
) -> Iterator[TextIO]:
    """A stream to write to: standard output if path is None, else that file.

    mode: "w" for text, "wb" for bytes, which do not go to a terminal. permissions: of the file;
    None: those that it has, or the usual ones.
    """
    if path is None:
        chosen = _standard_output(mode)
    elif _is_device(path):
        chosen = _device(path, mode)
    else:
        chosen = _file(path, mode, permissions)
    with chosen as stream:
        yield stream


def _is_device(path: Path) -> bool:
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@contextlib.contextmanager
def _standard_output(mode: str) -> Iterator[TextIO]:
    if mode == "wb" and sys.stdout.isatty():
        raise PacklogError("that is no text for a terminal: name a file with -o")
    stream = _Named(sys.stdout.buffer if mode == "wb" else sys.stdout, "standard output")
    try:
        yield stream
        stream.flush()
    except BrokenPipeError:
        # The reader (head, a pager) has all it wanted. What is left in the buffer goes nowhere,
        # or Python complains about it at exit.
        with contextlib.suppress(OSError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


@contextlib.contextmanager
def _device(path: Path, mode: str) -> Iterator[TextIO]:
    """A device or a pipe has to be written as it is."""
    with _named(str(path)):
        file = _open(path, mode)
    with contextlib.suppress(BrokenPipeError), _closing(file):
        yield _Named(file, str(path))
        with _named(str(path)):
            file.flush()


@contextlib.contextmanager
def _file(path: Path, mode: str, permissions: int | None) -> Iterator[TextIO]:
    name = str(path)
    target = Path(os.path.realpath(path))  # a link stays a link, its target is replaced
    with _named(name):
        usual = _mode(target)
        handle, partial = tempfile.mkstemp(prefix=".packlog-", dir=target.parent)
    try:
        with _closing(_open(handle, mode)) as file:
            yield _Named(file, name)
            with _named(name):
                file.flush()
                os.fsync(file.fileno())
        with _named(name):
            os.chmod(partial, usual if permissions is None else permissions)
            os.replace(partial, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise


def _open(path: Path | int, mode: str) -> IO:
    return open(path, mode) if mode == "wb" else open(path, mode, encoding="utf-8", newline="")


@contextlib.contextmanager
def _closing(file: TextIO) -> Iterator[TextIO]:
    """Close without a word: what could not be written has been said by then."""
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):
            file.close()


def _mode(target: Path) -> int:
    """The permissions that the file has or would be created with."""
    if target.is_dir():
        raise OSError(errno.EISDIR, "is a folder")
    if target.exists():
        if not os.access(target, os.W_OK):
            raise OSError(errno.EACCES, "not writable")
        return target.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
