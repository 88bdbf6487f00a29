"""Lists the history: a line of JSON for each file, and for whatever else lies there. crc and piece
stay there for more calls.
"""

import binascii
import json
import os


def crc(path, n):
    """CRC-32 of the first n bytes of a file."""
    found = 0
    with open(place + "/" + path, "rb") as f:
        while n > 0:
            b = f.read(min(n, 512))
            if not b:
                break
            found = binascii.crc32(b, found)
            n -= len(b)
    return found


def piece(path, offset, n):
    """Prints n bytes of a file from offset on, in base64, and their CRC-32."""
    found = 0
    with open(place + "/" + path, "rb") as f:
        f.seek(offset)
        while n > 0:
            b = f.read(min(n, 384))
            if not b:
                break
            found = binascii.crc32(b, found)
            print(binascii.b2a_base64(b).decode(), end="")
            n -= len(b)
    print(found)


def history(root="/data"):
    """["file", pack, series, name, size, CRC-32 of its head, its last bytes], or ["stray", path]"""
    global place
    place = root
    for pack in names(root):
        for series in names(root, pack):
            for name in names(root, pack, series):
                path = "/".join((root, pack, series, name))
                if name == "draft" or name[8:] == ".tmp":
                    continue  # the logger's own, for a while
                if is_folder(path) or name[8:] not in HEADS:
                    stray(path)
                    continue
                size = os.stat(path)[6]
                with open(path, "rb") as f:
                    head = binascii.crc32(f.read(HEADS[name[8:]]))
                    f.seek(max(0, size - 4))
                    tail = binascii.hexlify(f.read(4)).decode()
                print(json.dumps(["file", pack, series, name, size, head, tail]))


HEADS = {".seg": 48, ".shard": 64}  # bytes of a header, without its CRC-32


def names(*folders):
    """The entries of a folder, sorted; empty if it does not exist."""
    path = "/".join(folders)
    if not is_folder(path):
        if len(folders) > 1:
            stray(path)
        return ()
    return sorted(os.listdir(path))


def is_folder(path):
    try:
        return os.stat(path)[0] & 0x4000
    except OSError:
        return False


def stray(path):
    print(json.dumps(["stray", path]))
