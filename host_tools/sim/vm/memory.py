"""The memory of a chip: a Python heap that grows out of ESP-IDF's, and what else needs that.

As on an ESP32: the heap has a first area. When an object finds no room even after a collection, the
heap takes another, as large as the heap is by then or as ESP-IDF's largest free block, whichever is
less, and keeps it. Radios and sockets take their share when they are switched on; what finds no
room fails. gc.mem_free() counts the largest free block in. Sizes are bytes of a 32-bit chip.

The VM's own heap has one area, and objects there are chips.SCALE percent of their size on the chip.
A ballast fills it, so that as much is free as the chip's heap could still grow to: a MemoryError
comes when it comes there. Growth itself is looked for before each wait of the firmware and now and
then while it reads files, after a collection. So what is approximate: an area that only something
short-lived between two looks would need is not taken; areas are no obstacle to large objects; one
that becomes empty is not given back; native code is beside the heap on all chips.
"""

import gc
import struct

import chips
import link
import micropython
import ops

_LEAST = 512  # bytes of ballast that matter
_OBJECT = 64  # bytes of the VM's heap that a bytearray takes beside its contents
_FILLINGS = (16384, 2048, 256, 0)
_SPARE = 4096
_LEAST_AREA = 2560  # a small object's and what an area needs for itself
_STEP = 2048  # bytes of the VM's heap: looking more often is not worth its time

chip = None
version = (0, 0)  # of the MicroPython that it is taken for
areas = []  # (bytes, number of the region)
_regions = []  # bytes free in each
_sizes = []
_least = []
_taken = {}  # what -> [is in use, (bytes, number of the region), ...]
_left_behind = False  # something in there is not in use any more
_ballast = {}  # what -> bytearrays
_aside = 0  # bytes of the VM's heap that are not the firmware's
_limit = 0  # bytes of it that the firmware can have before the heap has to grow
_threshold = -1  # that the firmware has set
_next = 0  # look again at this many bytes allocated since the start
_looking = False
_spare = None  # for the board's own work when the heap is full


def start(name, taken_for):
    """Be that chip, with a MicroPython of that version; to be called when all else is imported."""
    global chip, version
    chip = chips.CHIPS[name]
    version = taken_for
    for i, kb in enumerate(chip["regions"]):
        if i == 0 and version < (1, 26):
            kb -= chip["before_1_26"]
        _regions.append(kb * chips.KB)
    _sizes.extend(_regions)
    _least.extend(_regions)
    _add_area(chip["first"] * chips.KB)
    _fill()
    link.on_pause = look
    link.on_read = glance
    link.on_full = _help
    _pace()


# The VM's heap


def _scaled(size):
    return size * chips.SCALE // 100


def _usable(size):
    return size - size * 3 // 128  # the rest is the collector's table


def _could_grow():
    """Bytes that the heap could have yet, in areas to come."""
    return sum([_usable(_block(i)) for i in range(len(_regions))])


def _fill():
    """Leave as much of the VM's heap free as there would be on the chip, in one piece."""
    global _aside
    gc.collect()
    keep = bytearray(_scaled(_usable(heap_size()) + _could_grow() - chips.BOOT) + _SPARE)
    pieces = None
    for size in _FILLINGS:  # also what lies between the board's own modules
        try:
            while True:
                pieces = (pieces, bytearray(size) if size else None)
        except MemoryError:
            pass
    _ballast["rest"] = pieces
    del keep
    gc.collect()
    _aside = gc.mem_alloc()
    _put_aside()


def _hold(what, size):
    global _aside
    pieces = _ballast[what] = []
    step = size
    while size > _LEAST and step > _LEAST:
        step = min(step, size)
        try:
            pieces.append(bytearray(step - _OBJECT))
            size -= step
            _aside += step
        except MemoryError:  # not in one piece
            step //= 2


def _drop(what):
    global _aside
    for piece in _ballast.pop(what, ()):
        _aside -= len(piece) + _OBJECT


def used():
    """Bytes of the chip's heap that are in use, garbage included."""
    return chips.BOOT + (gc.mem_alloc() - _aside) * 100 // chips.SCALE


def heap_size():
    """Bytes of all areas."""
    return sum([size for size, _ in areas])


def heap_free():
    """What gc.mem_free() says on the chip: it counts the largest free block in."""
    return _usable(heap_size()) - used() + largest()


# ESP-IDF's heap


def _block(i):
    """The largest free block of a region."""
    return max(0, _regions[i] - int(chips.PIECES * chips.KB))


def largest():
    """The largest free block."""
    return max([_block(i) for i in range(len(_regions))])


def free():
    """Bytes that ESP-IDF has left."""
    return sum(_regions)


def regions():
    """What esp32.idf_heap_info says: (bytes, free, largest free block, least free ever) of each."""
    return [(_sizes[i], _regions[i], _block(i), _least[i]) for i in range(len(_regions))]


def _spend(i, size):
    _regions[i] -= size
    _least[i] = min(_least[i], _regions[i])


def _add_area(most):
    size = min(largest(), most)
    for i in range(len(_regions)):
        if _block(i) >= size:
            _spend(i, size)
            areas.append((size, i))
            return


def _grow_to(size):
    """Take areas until they hold size bytes."""
    size = size * 100 // chips.FULL
    while size > _usable(heap_size()) and largest() >= _LEAST_AREA:
        _add_area(heap_size())
        _tell(ops.GREW, "")


# What happens


def look():
    """Take the areas that the heap would have by now."""
    global _looking
    if micropython.mem_total() < _next or _looking:
        return
    _looking = True
    try:
        _look()
    except MemoryError:
        if not _help():
            raise
        _look()
    finally:
        _looking = False


def _look():
    if _left_behind:
        _give_what_was_left()
    if gc.mem_alloc() - _aside > _limit:
        gc.collect()
        _grow_to(used())
        _pace()
    else:
        _wait_for_half()
    if _spare is None:
        _put_aside()


def _help():
    """Make room for the board's own objects; False if that has been done already."""
    global _spare, _aside
    if _spare is None:
        return False
    _spare = None
    _aside -= _SPARE
    return True


def _put_aside():
    global _spare, _aside
    try:
        _spare = bytearray(_SPARE - _OBJECT)
        _aside += _SPARE
    except MemoryError:
        pass  # the next time


def glance():
    """The same, for the file system: the collector may be at work."""
    if micropython.mem_total() >= _next:
        try:
            bytearray(8)
        except MemoryError:  # the collector holds the heap
            return
        look()


def _pace():
    """After a collection: have the VM collect when the chip would, when its areas are full."""
    global _limit
    _limit = _scaled(_usable(heap_size()) - chips.BOOT)
    left = _wait_for_half()
    gc.threshold(left if _threshold < 0 else min(left, _threshold))


def _wait_for_half():
    """Look again when half of what is left may be in use: an object can take twice its bytes."""
    global _next
    left = max(_STEP, _limit - (gc.mem_alloc() - _aside))
    _next = micropython.mem_total() + left // 2
    return left


def collect():
    """gc.collect()."""
    look_now()
    gc.collect()
    _pace()


def look_now():
    """The same, without asking whether there is reason to."""
    global _next
    _next = 0
    look()


def set_threshold(size):
    """gc.threshold(size)."""
    global _threshold
    _threshold = _scaled(size) if size >= 0 else -1
    _pace()


def threshold():
    return _threshold * 100 // chips.SCALE if _threshold >= 0 else -1


def take(what, kb):
    """Memory of ESP-IDF's for something that is switched on; False if it is not there."""
    if chip is None or what in _taken:
        return True
    look_now()
    size = kb * chips.KB
    if free() < size:
        _tell(ops.REFUSED, what)
        return False
    before = _could_grow()
    parts = _taken[what] = [True]
    for i in range(len(_regions)):
        part = min(size, _regions[i])
        if part:
            _spend(i, part)
            parts.append((part, i))
            size -= part
    _hold(what, _scaled(before - _could_grow()))
    _tell(ops.TAKEN, what)
    return True


def give(what):
    """Give back what it had taken. The collector may have called, with the heap locked."""
    global _left_behind, _next
    if what in _taken:
        try:
            _give(what)
        except MemoryError:
            _taken[what][0] = False  # the next look does it
            _left_behind = True
            _next = 0


def _give(what):
    parts = list(_taken[what])
    del _taken[what]
    for size, i in parts[1:]:
        _regions[i] += size
    _drop(what)
    _tell(ops.GIVEN, what)


def _give_what_was_left():
    global _left_behind
    _left_behind = False
    for what in [what for what, parts in _taken.items() if not parts[0]]:
        _give(what)


def has(kb):
    """Is so much there, for a moment?"""
    return chip is None or free() >= kb * chips.KB


def _tell(happened, what):
    numbers = struct.pack("<III", heap_size(), used(), free())
    link.request(ops.MEMORY, happened, 0, largest(), numbers + what.encode())
