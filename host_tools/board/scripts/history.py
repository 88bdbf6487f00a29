"""Lists the history's files: pack, series, name, size and SHA-256 a line. sha and piece stay there
for more calls.
"""

import binascii
import hashlib
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
    try:
        for pack in sorted(os.listdir(root)):
            for series in sorted(os.listdir(root + "/" + pack)):
                folder = root + "/" + pack + "/" + series
                for name in sorted(os.listdir(folder)) if os.stat(folder)[0] & 0x4000 else ():
                    if name.endswith(".seg") or name.endswith(".shard"):
                        size = os.stat(folder + "/" + name)[6]
                        print(pack, series, name, size, sha(folder + "/" + name, size))
    except OSError as e:
        if e.errno != 2:  # no history yet
            raise
