"""Lists the history: a line of JSON for each file, and for whatever else lies there. sha and piece
stay there for more calls.
"""

import binascii
import hashlib
import json
import os


def sha(path, n):
    """SHA-256 of the first n bytes of a file, in hex digits."""
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while n > 0:
            b = f.read(min(n, 512))
            if not b:
                break
            h.update(b)
            n -= len(b)
    return binascii.hexlify(h.digest()).decode()


def piece(path, offset, n):
    """Prints n bytes of a file from offset on, in base64."""
    with open(path, "rb") as f:
        f.seek(offset)
        while n > 0:
            b = f.read(min(n, 384))
            if not b:
                break
            print(binascii.b2a_base64(b).decode(), end="")
            n -= len(b)


def history(root="/data"):
    """["file", pack, series, name, size, SHA-256, its first bytes], or ["stray", path]."""
    for pack in names(root):
        for series in names(root, pack):
            for name in names(root, pack, series):
                path = "/".join((root, pack, series, name))
                if name == "draft" or name[8:] == ".tmp":
                    continue  # the logger's own, for a while
                if is_folder(path) or name[8:] not in (".seg", ".shard"):
                    stray(path)
                    continue
                size = os.stat(path)[6]
                with open(path, "rb") as f:
                    head = binascii.hexlify(f.read(HEAD)).decode()
                print(json.dumps(["file", pack, series, name, size, sha(path, size), head]))


HEAD = 80  # bytes: the header of a shard and that of its segment


def names(*folders):
    """What is in a folder, in order; nothing if it is none."""
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
