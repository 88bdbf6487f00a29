"""Prints half a SHA-256 and the size of each file, "- 0" for a missing one."""

import binascii
import hashlib
import os


def hashes(paths):
    for path in paths:
        print(_hash(path))


def _hash(path):
    try:
        size = os.stat(path)[6]
        f = open(path, "rb")
    except OSError:
        return "- 0"
    h = hashlib.sha256()
    b = bytearray(512)
    while True:
        n = f.readinto(b)
        if not n:
            break
        h.update(memoryview(b)[:n])
    f.close()
    return binascii.hexlify(h.digest()).decode()[:32] + " " + str(size)
