"""Prints what there is of packlog on the board, as one line of JSON."""

import binascii
import json
import os
import struct


def size_of(path):
    try:
        return os.stat(path)[6]
    except OSError:
        return -1


def is_whole(file, found, crc):
    buffer = memoryview(bytearray(1024))
    while count := file.readinto(buffer):
        found = binascii.crc32(buffer[:count], found)
    return found == crc


def look(path):
    """id, whether it is whole, and what it says of itself: None if it is missing or no bundle."""
    try:
        with open(path, "rb") as file:
            head = file.read(24)
            magic, count, _, identity, size, crc = struct.unpack("<4sHH8sII", head)
            index = file.read(8 * count)
            offsets = struct.unpack("<" + str(count) + "I", index[4 * count :])
            about = file.read(min(at for at in offsets if at) - 24 - 8 * count)
            file.seek(24)
            return {
                "identity": binascii.hexlify(identity).decode(),
                "whole": (
                    magic == b"PLB\x01"
                    and size == size_of(path)
                    and is_whole(file, binascii.crc32(head[:20]), crc)
                ),
                "about": json.loads(about),
            }
    except (OSError, ValueError):
        return None


def text_of(path):
    try:
        with open(path) as file:
            return file.read(100)
    except OSError:
        return ""


def firmware_state():
    try:
        readings = any(pack.readings for pack in logger.packs)
    except (NameError, AttributeError):
        readings = False
    state = {name: size_of("/packlog." + name) for name in ("old", "new", "loose", "json")}
    state["bundle"] = look("/packlog.bundle")
    state["trial"] = text_of("/packlog.try")
    state["readings"] = readings
    print(json.dumps(state))
