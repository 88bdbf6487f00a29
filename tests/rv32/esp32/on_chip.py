"""`esp32`: what the IDF has left, for a chip whose radios are on."""

HEAP_DATA, HEAP_EXEC = 4, 1


def idf_heap_info(kind):
    """(size, free, largest block, least ever) of each region, in bytes. The heap does not grow
    here: gc.mem_free() counts no block of the IDF's.
    """
    return [(113840, 40000, 0, 28000)]
