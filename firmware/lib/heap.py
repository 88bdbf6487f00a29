"""How much the heap can take without growing.

An ESP32's heap grows into ESP-IDF's memory, at last by its largest free block, which radios and
sockets then lack. gc.mem_free() counts that block in; what is left in the heap itself is less.
"""

import gc

try:
    from esp32 import HEAP_DATA, idf_heap_info
except ImportError:  # not an ESP32: the heap does not grow
    idf_heap_info = None

PIECE = 2048  # bytes that have to be free side by side


def idf():
    """ESP-IDF's memory in bytes: (free, largest free block, least ever free); None elsewhere."""
    if idf_heap_info is None:
        return None
    regions = idf_heap_info(HEAP_DATA)
    free = sum([region[1] for region in regions])
    return free, max([region[2] for region in regions]), sum([region[3] for region in regions])


def own_free():
    """Bytes that are free in the heap as large as it is now. Does not collect."""
    found = idf()
    return gc.mem_free() - (found[1] if found else 0)


def has_room(size):
    """True if the heap has room for size bytes, in pieces of up to PIECE, without growing.

    Collects. On CPython always True.
    """
    if not hasattr(gc, "mem_free"):
        return True
    gc.collect()
    before = own_free() + gc.mem_alloc()
    if own_free() < size + PIECE:
        return False
    try:
        bytearray(PIECE)
    except MemoryError:
        return False
    # Less than half a piece is what was allocated from one number to the next
    if own_free() + gc.mem_alloc() < before + PIECE // 2:
        return True
    gc.collect()  # it has grown for the piece: an area that is empty is given back
    return False
