"""The gc module of a virtual board that has a chip's memory: in bytes of the chip."""

import gc as _real

import memory

disable = _real.disable
enable = _real.enable
isenabled = _real.isenabled
collect = memory.collect


def mem_alloc():
    memory.look_now()
    return memory.used()


def mem_free():
    memory.look_now()
    return memory.heap_free()


def threshold(size=None):
    if size is None:
        return memory.threshold()
    memory.set_threshold(size)
