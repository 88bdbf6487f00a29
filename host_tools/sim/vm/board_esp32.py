"""The esp32 module of a virtual board that has a chip's memory."""

import chips
import memory

HEAP_DATA, HEAP_EXEC = 4, 1  # ESP-IDF's MALLOC_CAP_8BIT and MALLOC_CAP_EXEC


def idf_heap_info(capabilities):
    memory.look_now()
    if capabilities == HEAP_DATA:
        return memory.regions()
    if not memory.chip["exec"]:  # it is the same memory
        return memory.regions()
    size = memory.chip["exec"] * chips.KB
    return [(size, size, size, size)]
