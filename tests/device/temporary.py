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


def place():
    """In memory, where the machine has that: a disk can take a millisecond to make a file."""
    try:
        os.stat("/dev/shm")
        return "/dev/shm"
    except OSError:
        return "/tmp"


class Folder:
    def __enter__(self):
        self.path = place() + "/packlog-" + binascii.hexlify(os.urandom(6)).decode()
        os.mkdir(self.path)
        return self.path

    def __exit__(self, *_):
        remove(self.path)
