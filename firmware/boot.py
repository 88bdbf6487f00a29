"""Runs before main.py: finds the firmware to start, and is the way back in when none of it
works. In safe mode nothing is started and the REPL is there.

The firmware is one file, /packlog.bundle (its format: host_tools/build/bundle.py),
whose modules are imported through a small read-only file system. A damaged bundle is never started.
After an update /packlog.try names the new bundle as on trial: unless the logger removes that file
within two minutes, the bundle before, /packlog.old, takes its place again.

Safe mode: the BOOT button pressed within a second after a reset, three crashes in a row, or three
power cuts in a row that came within a minute of the start: a chip tells a brownout as power-on, and
a supply that is too weak for the radios would start it over and over. After crashes and power cuts
the logger gets another chance every ten minutes: nobody may be there to give it. While a bundle is
on trial, only its own starts are counted.
"""

import binascii
import os
import struct
import sys
import time

import machine
import vfs

BUNDLE = "/packlog.bundle"
PREVIOUS = "/packlog.old"
TRIAL = "/packlog.try"  # words: id of the new bundle, version, had readings (0, 1), starts so far
LOOSE = "/packlog.loose"  # a folder of modules, of `packlog install --loose`: wins over the bundle
PLACE = "/~"  # where the bundle is mounted
HEADER = "<4sHH8sII"
HEADER_SIZE = 24
MAGIC = b"PLB\x01"
TRIAL_MS = 120000
CRASHES = "/crashes"  # how many in a row; SAFE after a start in safe mode
CUTS = "/cuts"  # power-ons in a row; the logger removes it after a minute
SAFE = "safe"
PLANNED = "/compact"  # says "planned" if the logger has restarted by itself to compact its history
ENOUGH = 3  # the text below says it too
LAST_CHANCE = "2"  # one more, and it is safe mode again
CHANCE_MS = 600000
MACHINE = sys.implementation._machine
BUTTON = 9 if "C3" in MACHINE or "C6" in MACHINE else 0


class Modules:
    """The modules in a bundle, to import from. index: for each path its CRC-32, then for each its
    offset in the bundle, 0 for a folder.

    A file is the bundle itself from the module's offset on: a .mpy says where it ends. So nothing
    that is read passes through Python.
    """

    def __init__(self, index):
        self._index = index
        self._found = [0] * 10  # as os.stat has it; the offset last

    def mount(self, *options):
        pass

    umount = mount

    def stat(self, path):
        index = self._index
        half = len(index) // 2
        crc = binascii.crc32(path).to_bytes(4, "little")
        at = index.find(crc, 0, half)
        while at > 0 and at % 4:
            at = index.find(crc, at + 1, half)
        if at < 0:
            raise OSError(2)
        at += half
        self._found[9] = int.from_bytes(index[at : at + 4], "little")
        self._found[0] = 0x8000 if self._found[9] else 0x4000
        return self._found

    statvfs = stat  # no blocks at all

    def open(self, path, mode):
        file = open(BUNDLE, "rb")  # noqa: SIM115 (MicroPython closes it)
        file.seek(self.stat(path)[9])
        return file

    def ilistdir(self, path):
        return iter(())  # names are not kept: they would take 2 KB of RAM


def _is_there(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def _read(path):
    """(id, index) of a bundle; None if it is missing or damaged."""
    try:
        with open(path, "rb") as file:
            head = file.read(HEADER_SIZE)
            magic, count, _, identity, size, crc = struct.unpack(HEADER, head)
            if magic != MAGIC or size != os.stat(path)[6]:
                return None
            index = file.read(8 * count % size)  # a damaged count is not to take all the RAM
            found = binascii.crc32(index, binascii.crc32(head[:-4]))
            buffer = memoryview(bytearray(1024))
            while size := file.readinto(buffer):
                found = binascii.crc32(buffer[:size], found)
            return (identity, index) if found == crc else None
    except (OSError, ValueError):
        return None


def _text(path):
    try:
        with open(path) as file:
            return file.read()
    except (OSError, ValueError):  # missing, or no UTF-8
        return ""


def _write(path, text):
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        pass


def _forgive():
    _write(CRASHES, "0")
    _write(CUTS, "0")


def _pressed():
    button = machine.Pin(BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
    for _ in range(20):
        if not button.value():
            return True
        time.sleep_ms(50)
    return False


def _has_failed(identity):
    """Count this start if the bundle is on trial; True if it has had its chances.

    Its watchdog is the only one until the trial is over: it also bites a logger that is silent.
    """
    cause = machine.reset_cause()
    try:
        tried, version, had_readings, starts = _text(TRIAL).split()
        starts = int(starts)
    except ValueError:
        return False
    if tried != binascii.hexlify(identity).decode():
        return False
    if cause == machine.SOFT_RESET:  # somebody is there
        starts = max(starts, 1)
    elif starts >= ENOUGH or (starts and cause == machine.WDT_RESET):
        return True
    else:
        starts += 1
    _write(TRIAL, " ".join((tried, version, had_readings, str(starts))))
    _forgive()
    machine.WDT(timeout=TRIAL_MS)
    return False


def _has_loose_files():
    return _is_there("/packlog.mpy") or _is_there("/packlog.py")


def _go_back():
    """Put the firmware before in place of the bundle: the bundle before, or the loose files that
    came before the first bundle. True if there is one.
    """
    try:
        if _read(PREVIOUS):
            os.rename(PREVIOUS, BUNDLE)
        elif _has_loose_files():
            os.remove(BUNDLE)
        else:
            return False
        return True
    except OSError:
        return False


def _should_be():
    """Is there a bundle, damaged or not?"""
    return _is_there(BUNDLE) or _is_there(PREVIOUS)


def _find_bundle():
    """The bundle to start, as _read returns it; None without an intact one."""
    found = _read(BUNDLE)
    if found and (safe_mode or not _has_failed(found[0])):
        return found
    if not found and not _should_be():
        return None
    if _go_back():
        why = "does not work here" if found else "is not whole"
        print("packlog: the new firmware " + why + ": back to the one before")
        _forgive()
        return _read(BUNDLE)
    if found:
        os.remove(TRIAL)  # nowhere to go
    return found


def _mount():
    """The firmware goes first into sys.path: no module of the user's is taken for one of it.

    False if all there is is damaged.
    """
    if _is_there(LOOSE):
        sys.path.insert(0, LOOSE)
        return True
    found = _find_bundle()
    if found:
        if not safe_mode:  # for packlog explain: whose short names a traceback has
            print("packlog: firmware " + binascii.hexlify(found[0]).decode())
        vfs.mount(Modules(found[1]), PLACE)
        sys.path.insert(0, PLACE)
    return found or _has_loose_files() or not _should_be()


def _too_many(path, more, most=ENOUGH):
    """Add to the starts counted in a file. Returns True if there were too many in a row."""
    try:
        count = int(_text(path))
    except ValueError:
        count = 0
    count += more
    if more:
        _write(path, str(count))
    if count < most:
        return False
    _write(CRASHES, SAFE)
    machine.WDT(timeout=CHANCE_MS)
    return True


def _too_often():
    """What has ended three starts in a row, in words; None if nothing has."""
    if _text(CRASHES) == SAFE:
        _write(CRASHES, LAST_CHANCE)
        return None
    cause = machine.reset_cause()
    # A panic of the chip counts as a hard reset, like the one after an exception of the logger's
    reset = cause in (machine.WDT_RESET, machine.HARD_RESET)
    if _too_many(CRASHES, reset and _text(PLANNED) != "planned"):
        return "crashes"
    if not reset and cause not in (machine.SOFT_RESET, machine.DEEPSLEEP_RESET):
        return "power cuts" if _too_many(CUTS, 1, ENOUGH + 1) else None  # this one is not over yet


safe_mode = _pressed()
if safe_mode:
    print("packlog: safe mode, BOOT is pressed")
if not _mount():
    safe_mode = True
    print("packlog: safe mode, damaged firmware: packlog install helps")
elif not safe_mode:
    safe_mode = _too_often()
    if safe_mode:
        print("packlog: safe mode after 3 " + safe_mode + ": next try in 10 min")
