"""`esp32`: what the IDF has left, for a chip whose radios are on."""

HEAP_DATA, HEAP_EXEC = 4, 1


def idf_heap_info(kind):
    """(size, free, largest block, least ever) of each region, in bytes."""
    return [(113840, 40000, 30000, 28000)]
