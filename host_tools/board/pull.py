"""Copies the history off a board: only what is new, verified, nothing on the board changed.

A segment here that the board has made a shard of is removed once the shard is here and holds all of
it. Whatever else is here stays.

main.py is interrupted for it (which makes it flush), told the time, and started again whatever
happens. If the PC goes away in the middle, the board's watchdog starts it.
"""

import base64
import contextlib
import hashlib
import math
import struct
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from host_tools.board import status
from host_tools.board.device import Device, persist
from host_tools.board.script import script
from host_tools.board.starting import let_it_start
from host_tools.ground.errors import PacklogError
from host_tools.ground.progress import Progress
from host_tools.ground.text import parse_json
from host_tools.history import origin, records, shards
from host_tools.history.place import place

from store import segment, shard

CHUNK = 4096
LISTING_S = 300  # a board reads all of its history for it
LARGEST = 1 << 20  # bytes of a file; a board's are up to 64 KB
SHOWN = 10  # of what was passed over
# Bytes of a header: what tells one file from another of the same name
HEAD = {
    segment.SUFFIX: segment.HEADER_SIZE,
    segment.SHARD: struct.calcsize(shard.HEADER) + segment.HEADER_SIZE,
}
NO_CLOCK = (
    "packlog does not run on the board: its clock was set, but the history so far stays undated"
)


@dataclass
class Remote:
    """A file of the history on the board. head: its first bytes."""

    pack: str
    series: str
    name: str
    size: int
    sha256: str
    head: bytes

    @property
    def path(self) -> str:
        return f"/data/{self.pack}/{self.series}/{self.name}"


def pc_time(port: str) -> float:
    """Unix seconds now. A virtual board that outruns the clock says beside its port by how much."""
    ahead = Path(port + ".ahead")
    with contextlib.suppress(OSError, ValueError):
        if math.isfinite(seconds := float(ahead.read_text(encoding="utf8"))):
            return time.time() + seconds
    return time.time()


def pull(port: str, folder: Path, say: Callable[[str], None], join: bool = False) -> int:
    """Copy what is new into folder/PACK/SERIES/. Returns how many files were new or had grown.

    join: also into a folder with the history of another board, or of an earlier life of this one.
    """
    return persist(port, say, lambda device: _pull(device, folder, say, join))


def _pull(device: Device, folder: Path, say: Callable[[str], None], join: bool) -> int:
    with device.stopped():
        let_it_start(device)
        copied = _copy_all(device, folder, say, join)
    _see_readings(device, say)
    return copied


def _copy_all(device: Device, folder: Path, say: Callable[[str], None], join: bool) -> int:
    # The time first: the anchor is in the files then.
    unix, ms = divmod(round(1000 * pc_time(device.port)), 1000)
    if device.run(script("set_clock", unix, ms)).strip() != "logger":
        say(NO_CLOCK)
    listed, strays = _listed(device.run(script("history"), total_s=LISTING_S))
    _name_strays(strays, say)
    remotes = _current(listed)
    if not remotes:
        raise PacklogError(f"the board at {device.port} has no history yet")
    if not join:
        _check_origin(folder, remotes)
    wanted = [remote for remote in remotes if not _same(_place(folder, remote), remote)]
    total = sum(remote.size for remote in wanted)
    with Progress("pulling", total) as progress:
        for remote in wanted:
            path = _place(folder, remote)
            _fetch(device, remote, path, progress)
            if path.suffix == segment.SHARD:
                _remove_replaced(path)
            elif problem := records.read(path)[2]:
                say(f"damaged on the board: {problem}")
    say(f"{len(remotes)} files on the board, {len(wanted)} new or grown ({total} bytes)")
    return len(wanted)


def _listed(text: str) -> tuple[list[Remote], list[str]]:
    """The files of the history, and what else lies among them."""
    remotes, strays = [], []
    for line in text.splitlines():
        try:
            kind, *said = parse_json(line)
            if kind == "stray":
                strays.append(str(said[0]))
                continue
            pack, series, name, size, digest, head = said
            remote = Remote(pack, series, name, int(size), str(digest), bytes.fromhex(head))
        except (ValueError, TypeError, IndexError):
            raise PacklogError(
                f"the board listed its history in a strange way: {line[:80]!r}"
            ) from None
        try:
            place(Path(), pack, series, name)
            if name[8:] not in HEAD or not 0 <= remote.size <= LARGEST:  # a twin is only ever here
                raise ValueError
            remotes.append(remote)
        except (ValueError, TypeError):
            strays.append(f"/data/{pack}/{series}/{name}")
    return remotes, strays


def _name_strays(strays: list[str], say: Callable[[str], None]) -> None:
    for path in strays[:SHOWN]:
        say(f"passed over on the board, not of a history: {path}")
    if len(strays) > SHOWN:
        say(f"... and {len(strays) - SHOWN} more")


def _check_origin(folder: Path, remotes: list[Remote]) -> None:
    """PacklogError if a pack's folder here is another board's: two packs of one name are not one
    battery.
    """
    for pack in sorted({remote.pack for remote in remotes}):
        here = origin.logs_in(folder / pack)
        there = origin.logs_of(remote.head for remote in remotes if remote.pack == pack)
        if here and there and not here & there:
            raise PacklogError(
                f"{folder / pack} holds the history of another board, or of this one before its "
                f"flash was erased (log {origin.named(here)}; the board has {origin.named(there)})"
                ": pull into another folder, or add --join if both are of the same battery"
            )


def _current(remotes: list[Remote]) -> list[Remote]:
    """Without the segments that stand beside their shard: the board was about to delete them."""
    paths = {remote.path for remote in remotes}
    return [
        remote
        for remote in remotes
        if remote.path.endswith(segment.SHARD)
        or remote.path.removesuffix(segment.SUFFIX) + segment.SHARD not in paths
    ]


def _remove_replaced(path: Path) -> None:
    """Remove the segments beside a shard of which it holds every byte but for CHECKs."""
    header, rows, problem = records.read(path)
    if header is None or problem:
        return
    whole = shards.read_head(path.read_bytes())[0] + rows.tobytes()
    for old in path.parent.glob(f"{path.name[:8]}*{segment.SUFFIX}"):
        if whole.startswith(_compacted(old.read_bytes())):
            old.unlink()


def _compacted(data: bytes) -> bytes:
    """What a shard holds of a segment's bytes; all of them if there is no whole header."""
    try:
        return records.without_checks(data)
    except segment.SegmentError:
        return data


def _place(folder: Path, remote: Remote) -> Path:
    """Where the file goes. A file of the board's earlier life is never written over."""
    path = place(folder, remote.pack, remote.series, remote.name)
    size = HEAD[path.suffix]
    if not path.is_file():
        return path
    data = path.read_bytes()[:size]
    if remote.head.startswith(data) and len(data) <= remote.size:
        return path
    twin = hashlib.sha256(remote.head[:size]).hexdigest()[:8]
    return place(folder, remote.pack, remote.series, f"{path.stem}-{twin}{path.suffix}")


def _begins_alike(device: Device, remote: Remote, data: bytes) -> bool:
    """Does the file on the board begin with these bytes?"""
    if len(data) > remote.size:
        return False
    digest = device.run(f"print(sha({remote.path!r}, {len(data)}))").strip()
    return digest == hashlib.sha256(data).hexdigest()


def _same(path: Path, remote: Remote) -> bool:
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == remote.sha256


def _fetch(device: Device, remote: Remote, path: Path, progress: Progress) -> None:
    """Bring the file, from where an earlier pull ended, and put it in place once it is right."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        data = _start(device, remote, path, part)
        base = progress.done
        with part.open("wb") as file:
            file.write(data)
            while len(data) < remote.size:
                piece = _piece(device, remote, len(data))
                file.write(piece)
                file.flush()
                data += piece
                progress.at(base + len(data))
        if hashlib.sha256(data).hexdigest() != remote.sha256:
            part.unlink()
            raise PacklogError(f"{remote.path} arrived damaged: pull again")
        part.replace(path)
    except OSError as error:
        raise PacklogError(
            f"{path}: {error.strerror}: make room or choose another folder, then pull again"
        ) from None


def _start(device: Device, remote: Remote, path: Path, part: Path) -> bytes:
    """What is here of the file already: an interrupted pull's part, or the file before it grew."""
    for have in (part, path):
        if have.is_file() and _begins_alike(device, remote, data := have.read_bytes()):
            return data
    return b""


def _piece(device: Device, remote: Remote, offset: int) -> bytes:
    count = min(CHUNK, remote.size - offset)
    text = device.run(f"piece({remote.path!r}, {offset}, {count})")
    try:
        data = b"".join(map(base64.b64decode, text.split()))
    except ValueError:
        data = b""
    if len(data) != count:
        raise PacklogError(f"{remote.path} could not be read from the board: pull again")
    return data


def _see_readings(device: Device, say: Callable[[str], None]) -> None:
    """PacklogError if the logger does not run. What it complains of while it runs is a hint: the
    pull has done what it is for.
    """
    complaints: dict[str, int] = {}
    running, pack = status.see_start(_noting(device.lines(status.START_S), complaints))
    if not running:
        why = f"does not run: {'; '.join(complaints) or 'reset the board'}"
        raise PacklogError(f"pulled; but the logger at {device.port} {why}")
    say("the logger runs again" + ("" if pack else ", but gets no readings: is the BMS on?"))
    for complaint in complaints:
        say(f"the logger says: {complaint}")


def _noting(lines: Iterable[str], complaints: dict[str, int]) -> Iterator[str]:
    """The lines but for complaints, which are counted. Ends at one that comes again before a
    status line: a board whose config is wrong says nothing else.
    """
    running = False
    for line in lines:
        if (complaint := status.trouble(line)) is None:
            running = running or status.parse(line) is not None
            yield line
            continue
        complaints[complaint] = complaints.get(complaint, 0) + 1
        if complaints[complaint] > 1 and not running:
            return
