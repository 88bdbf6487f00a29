"""A folder for one test, on CPython and on MicroPython: with temporary.Folder() as path."""

import binascii
import os


def remove(path):
    """Delete a file or a folder with everything in it."""
    if os.stat(path)[0] & 0x4000:
        for name in os.listdir(path):
            remove(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)


class Folder:
    def __enter__(self):
        self.path = "/tmp/packlog-" + binascii.hexlify(os.urandom(6)).decode()
        os.mkdir(self.path)
        return self.path

    def __exit__(self, *_):
        remove(self.path)
