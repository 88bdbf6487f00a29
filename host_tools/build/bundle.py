"""The firmware as one file, /packlog.bundle on the board: what boot.py mounts and imports from.

    offset  size
    0       4     "PLB", and the version of the format, 1
    4       2     n, how many paths
    6       2     0
    8       8     id: the first bytes of the SHA-256 of all that is not header
    16      4     size of the whole file
    20      4     CRC-32 of everything from here on
    24      4 n   CRC-32 of each path: "/store/frame.mpy", and "/", "/store" for folders
    24+4n   4 n   where its module begins, 0 for a folder; ascending but for that
    ...           what the PC wants to know, as JSON, up to the first module; then the modules

All numbers are little-endian. A module has no length: a .mpy says itself where it ends.
"""

import binascii
import hashlib
import itertools
import json
import struct
from dataclasses import dataclass, field
from pathlib import PurePosixPath

NAME = "packlog.bundle"
MAGIC = b"PLB\x01"
HEADER = struct.Struct("<4sHH8sII")
PROBED = ("", ".py", ".mpy")  # MicroPython looks for a module in each of these forms


class BundleError(ValueError):
    """What is wrong with a bundle."""


@dataclass(frozen=True)
class Bundle:
    """What a bundle says of itself. modules: path -> contents; packages: name -> version."""

    identity: str  # 16 hex digits
    version: str
    firmware: str  # digest of packlog's own modules
    packages: dict[str, str]
    modules: dict[str, bytes] = field(repr=False)


def pack(
    modules: dict[str, bytes],
    version: str,
    package_files: dict[str, bytes] | None = None,
    packages: dict[str, str] | None = None,
) -> bytes:
    """A bundle of packlog's modules, path ("store/frame.mpy") -> contents, and those of packages.

    BundleError if two paths cannot be told apart by their CRC.
    """
    about = {"version": version, "firmware": digest(modules), "packages": packages or {}}
    modules = {**modules, **(package_files or {})}
    paths = sorted(modules)
    folders = sorted(_folders(paths))
    entries = [*folders, *("/" + path for path in paths)]
    _check_distinct(entries)
    text = json.dumps({**about, "paths": paths}, sort_keys=True, separators=(",", ":")).encode()
    start = HEADER.size + 8 * len(entries) + len(text)
    begins = itertools.accumulate((len(modules[path]) for path in paths), initial=start)
    offsets = [0] * len(folders) + list(begins)[:-1]
    keys = [binascii.crc32(entry.encode()) for entry in entries]
    index = struct.pack(f"<{2 * len(entries)}I", *keys, *offsets)
    body = index + text + b"".join(modules[path] for path in paths)
    identity = hashlib.sha256(body).digest()[:8]
    size = HEADER.size + len(body)
    return HEADER.pack(MAGIC, len(entries), 0, identity, size, binascii.crc32(body)) + body


def digest(modules: dict[str, bytes]) -> str:
    """Differs if and only if the modules do."""
    hashes = [(path, hashlib.sha256(data).hexdigest()) for path, data in sorted(modules.items())]
    return hashlib.sha256(repr(hashes).encode()).hexdigest()[:16]


def _folders(paths: list[str]) -> set[str]:
    """All folders that they are in, as the board asks for them: "/", "/store"."""
    parents = {folder for path in paths for folder in PurePosixPath("/", path).parents}
    return {folder.as_posix() for folder in parents}


def _check_distinct(entries: list[str]) -> None:
    """BundleError if a path that MicroPython looks for would be taken for another one."""
    known = {binascii.crc32(entry.encode()): entry for entry in entries}
    stems = {entry.removesuffix(".mpy") for entry in entries}
    for asked in {stem + form for stem in stems for form in PROBED} | set(entries):
        found = known.get(binascii.crc32(asked.encode()), asked)
        if found != asked:
            raise BundleError(f"{asked} and {found} have one CRC: rename a module")


def identity_of(head: bytes) -> str:
    """The id in a bundle's header."""
    magic, _, _, identity, _, _ = HEADER.unpack_from(head)
    if magic != MAGIC:
        raise BundleError("it is not a bundle")
    return identity.hex()


def read(data: bytes) -> Bundle:
    """A bundle's contents; BundleError if it is damaged."""
    try:
        magic, count, _, identity, size, crc = HEADER.unpack_from(data)
        if magic != MAGIC or size != len(data) or binascii.crc32(data[HEADER.size :]) != crc:
            raise BundleError("the bundle is damaged")
        offsets = struct.unpack_from(f"<{count}I", data, HEADER.size + 4 * count)
        begins = [offset for offset in offsets if offset] + [size]
        about = json.loads(data[HEADER.size + 8 * count : begins[0]])
        pieces = (data[a:b] for a, b in itertools.pairwise(begins))
        modules = dict(zip(about["paths"], pieces, strict=True))
    except (struct.error, KeyError, ValueError) as error:
        raise BundleError(str(error)) from None
    return Bundle(identity.hex(), about["version"], about["firmware"], about["packages"], modules)
