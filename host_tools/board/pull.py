"""Copies the history off a board: only what is new, verified, nothing on the board changed.

A logger that answers on its console goes on meanwhile. One of an older packlog is interrupted
(which makes it flush), told the time, and started again whatever happens. If the PC goes away in
the middle, the board's watchdog starts it.

A segment here that the board has made a shard of is removed once the shard is here and holds all of
it. Whatever else is here stays.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.board import listing, status
from host_tools.board.device import Device, persist
from host_tools.board.listing import Remote
from host_tools.board.site import SCHEME, Networked, Site, is_url
from host_tools.board.sources import Running, Stopped
from host_tools.board.starting import let_it_start
from host_tools.board.talk import Refused, Unanswered
from host_tools.ground.errors import PacklogError
from host_tools.ground.progress import Progress
from host_tools.history import origin, records, shards
from host_tools.history.place import place

from store import segment

Source = Running | Stopped | Networked
HTTP_PORT = 80
LISTINGS = 4  # of a board that compacts or drops what is being pulled
GONE = "gone"
WORTH_SAYING_S = 120
NO_CLOCK = (
    "packlog does not run on the board: its clock was set, but the history so far stays undated"
)
SILENT = ", but gets no readings: is the BMS on?"


def pull(port: str, folder: Path, say: Callable[[str], None], join: bool = False) -> int:
    """Copy what is new into folder/PACK/SERIES/. Returns how many files were new or had grown.

    port: or the address of a board in the network, http://HOST.
    join: also into a folder with the history of another board, or of an earlier life of this one.
    """
    if is_url(port):
        return _pull_over_network(port, folder, say, join)
    return persist(port, say, lambda device: _pull(device, folder, say, join))


def _pull(device: Device, folder: Path, say: Callable[[str], None], join: bool) -> int:
    try:
        source = Running(device.talk())
    except Unanswered:
        return _pull_stopped(device, folder, say, join)
    source.tell_time()
    making = source.flush()
    copied = _copy_all(source, device.port, folder, say, join)
    for pack, seconds in making.items():
        if seconds >= WORTH_SAYING_S:
            say(f"{pack}: the last {seconds // 60} min are one frame, which comes when it ends")
    lines = source.talk.ask_and_hear("status")[1].splitlines()
    running, complaints = _look(lines)
    if running is False:
        say("the logger runs" + SILENT)
    for complaint in complaints:
        say(f"the logger says: {complaint}")
    return copied


def pull_all(
    folder: Path, say: Callable[[str], None], join: bool = False, port: int = HTTP_PORT
) -> int:
    """pull() from each board in the network that nearby.py finds, into folder/NAME/. port: of all.

    A board that fails does not keep the others from being pulled. Returns how many files were new
    or had grown. PacklogError if there is no board, or if one failed.
    """
    from host_tools.board import nearby

    found = nearby.find()
    if not found:
        raise PacklogError(
            f"no board answers as {nearby.NAMES[0]}.local: is this computer in its network? One "
            "with a wifi.hostname of its own is pulled by that: http://NAME.local"
        )
    copied, failed = 0, []
    for name, address in found.items():
        say(f"{name}:")
        url = f"{SCHEME}{name}{nearby.LOCAL}:{port}"
        try:
            copied += _pull_over_network(url, folder / name, say, join, address)
        except PacklogError as error:
            say(str(error))
            failed.append(name)
    if failed:
        raise PacklogError(f"of {len(found)} boards not pulled: {', '.join(failed)}")
    return copied


def _pull_over_network(
    url: str, folder: Path, say: Callable[[str], None], join: bool, address: str | None = None
) -> int:
    with Site(url, address) as site:
        site.tell_time()
        copied = _copy_all(Networked(site), site.name, folder, say, join)
        running, complaints = _look(site.lines(again=False))
    if running is False:
        say("the logger runs" + SILENT)
    for complaint in complaints:
        say(f"the logger says: {complaint}")
    return copied


def fetch(port: str, folder: Path, wanted: Callable[[list[Remote]], list[Remote]]) -> None:
    """Copy some of a running logger's files into an empty folder; wanted chooses among all.

    PacklogError if it is an older logger, which would have to be stopped for that.
    """

    def quiet(line: str) -> None:
        """A pull's reports are of no use here."""

    def copy(device: Device) -> None:
        try:
            source = Running(device.talk())
        except Unanswered:
            raise PacklogError(
                "the logger does not answer: it is of an older packlog, or it does not run. "
                "packlog pull copies its history, and packlog info --days shows that"
            ) from None
        source.tell_time()
        source.flush()
        _copy_all(source, device.port, folder, quiet, True, wanted)

    if is_url(port):
        with Site(port) as site:
            site.tell_time()
            _copy_all(Networked(site), site.name, folder, quiet, True, wanted)
    else:
        persist(port, quiet, copy)


def _look(lines: Iterable[str]) -> tuple[bool | None, list[str]]:
    """(has a pack readings? None if no line says, complaints) of a round of status lines."""
    found = [each for line in lines if (each := status.parse(line))]
    complaints = [said for line in lines if (said := status.trouble(line))]
    readings = any(each.number("readings") for each in found) if found else None
    return readings, list(dict.fromkeys(complaints))


def _pull_stopped(device: Device, folder: Path, say: Callable[[str], None], join: bool) -> int:
    with device.stopped():
        let_it_start(device)
        # The time first, to the logger that is there now: the anchor is in the files then.
        if not device.tell_time():
            say(NO_CLOCK)
        copied = _copy_all(Stopped(device), device.port, folder, say, join)
    _see_readings(device, say)
    return copied


def _copy_all(
    source: Source,
    port: str,
    folder: Path,
    say: Callable[[str], None],
    join: bool,
    wanted: Callable[[list[Remote]], list[Remote]] = list,
) -> int:
    how = _How(say, join, wanted)
    for last in range(LISTINGS - 1, -1, -1):
        try:
            return _copy_listed(source, port, folder, how)
        except Refused as error:
            # Compacted, or dropped for what is new: look again
            if str(error) != GONE or not last:
                raise PacklogError(f"the board at {port} said: {error}") from None
    raise AssertionError


@dataclass
class _How:
    """How to copy: what is told of it, may it join, which files. copied: paths of those it has."""

    say: Callable[[str], None]
    join: bool
    wanted: Callable[[list[Remote]], list[Remote]]
    copied: set[str] = field(default_factory=set)


def _copy_listed(source: Source, port: str, folder: Path, how: _How) -> int:
    listed, strays = listing.listed(source.listed())
    remotes = how.wanted(listing.current(listed))
    if not remotes:
        listing.name_strays(strays, how.say)
        raise PacklogError(f"the board at {port} has no history yet")
    if not how.join:
        _check_origin(source, folder, remotes)
    growing = listing.newest(remotes)
    places = [(remote, _place(source, folder, remote)) for remote in remotes]
    wanted = [
        (remote, path)
        for remote, path in places
        if not _same(source, path, remote, remote.path in growing)
    ]
    total = sum(remote.size for remote, _ in wanted)
    with Progress("pulling", total) as progress:
        for remote, path in wanted:
            _fetch(source, remote, path, progress)
            how.copied.add(remote.path)
            if path.suffix == segment.SHARD:
                _remove_replaced(path)
            elif problem := records.read(path)[2]:
                how.say(f"damaged on the board: {problem}")
    listing.name_strays(strays, how.say)
    how.say(f"{len(remotes)} files on the board, {len(how.copied)} new or grown ({total} bytes)")
    return len(how.copied)


def _check_origin(source: Source, folder: Path, remotes: list[Remote]) -> None:
    """PacklogError if a pack's folder here is another board's: two packs of one name are not one
    battery.
    """
    for pack in sorted({remote.pack for remote in remotes}):
        theirs = [remote for remote in remotes if remote.pack == pack]
        here = origin.logs_in(folder / pack)
        if not here or any(_has_head_of(folder, remote) for remote in theirs):
            continue
        heads = (_head(source, remote, origin.HEAD_SIZE) for remote in theirs)
        there = origin.logs_of(heads)
        if there and not here & there:
            raise PacklogError(
                f"{folder / pack} holds the history of another board, or of this one before its "
                f"flash was erased (log {origin.named(here)}; the board has {origin.named(there)})"
                ": pull into another folder, or add --join if both are of the same battery"
            )


def _has_head_of(folder: Path, remote: Remote) -> bool:
    path = place(folder, remote.pack, remote.series, remote.name)
    data = _beginning(path, remote.head_size)
    return remote.head_size == listing.HEAD[path.suffix] and _crc(data) == remote.head


def _head(source: Source, remote: Remote, count: int) -> bytes:
    return b"".join(source.read(remote.path, 0, min(count, remote.size)))


def _beginning(path: Path, count: int) -> bytes:
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(count)


def _crc(data: bytes) -> int:
    return zlib.crc32(data)


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


def _place(source: Source, folder: Path, remote: Remote) -> Path:
    """Where the file goes. A file of the board's earlier life is never written over."""
    path = place(folder, remote.pack, remote.series, remote.name)
    if not path.is_file() or _begins_alike(source, _beginning(path, remote.head_size), remote):
        return path
    twin = hashlib.sha256(_head(source, remote, listing.HEAD[path.suffix] + 4)).hexdigest()[:8]
    return place(folder, remote.pack, remote.series, f"{path.stem}-{twin}{path.suffix}")


def _begins_alike(source: Source, data: bytes, remote: Remote) -> bool:
    """Does the file on the board begin with these bytes?"""
    if len(data) == remote.head_size:
        return _crc(data) == remote.head
    return len(data) <= remote.size and source.crc(remote.path, len(data)) == _crc(data)


def _same(source: Source, path: Path, remote: Remote, growing: bool) -> bool:
    """Is all of it here? A shard has checksums, and so has a segment up to its last CHECK: where
    one is wrong, and where a segment still grows, the board is asked for a CRC-32 of the file.
    """
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    data = path.read_bytes()
    if not data.endswith(remote.tail):
        return False
    if growing or records.read(path)[2]:
        return source.crc(remote.path, remote.size) == _crc(data)
    return True


def _fetch(source: Source, remote: Remote, path: Path, progress: Progress) -> None:
    """Bring the file, from where an earlier pull ended, and put it in place once it is whole."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        have = _have(source, remote, path, part)
        done, base = len(have), progress.done
        with part.open("wb") as file:
            file.write(have)
            for piece in source.read(remote.path, done, remote.size - done):
                file.write(piece)
                file.flush()
                done += len(piece)
                progress.at(base + done)
        part.replace(path)
    except OSError as error:
        raise PacklogError(
            f"{path}: {error.strerror}: make room or choose another folder, then pull again"
        ) from None


def _have(source: Source, remote: Remote, path: Path, part: Path) -> bytes:
    """What is here of the file already: an interrupted pull's part, or the file before it grew."""
    for have in (part, path):
        data = have.read_bytes() if have.is_file() else b""
        if 0 < len(data) <= remote.size and source.crc(remote.path, len(data)) == _crc(data):
            return data
    return b""


def _see_readings(device: Device, say: Callable[[str], None]) -> None:
    """PacklogError if the logger does not run. What it complains of while it runs is a hint: the
    pull has done what it is for.
    """
    complaints: dict[str, int] = {}
    running, pack = status.see_start(_noting(device.lines(status.START_S), complaints))
    if not running:
        why = f"does not run: {'; '.join(complaints) or 'reset the board'}"
        raise PacklogError(f"pulled; but the logger at {device.port} {why}")
    say("the logger runs again" + ("" if pack else SILENT))
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
