"""The _thread module of a virtual board that has a chip's memory: threads that wait for a lock.

A thread's stack is ESP-IDF's memory until its function returns. Nothing runs beside the firmware:
a function is called when the lock that it was given as its only argument is released.
"""

import chips
import memory

_DEFAULT = 5 * 1024
_size = _DEFAULT
_made = 0


class LockType:
    def __init__(self):
        self._locked = False
        self._waiting = None  # (function, name of its stack)

    def acquire(self):
        self._locked = True
        return True

    def release(self):
        if not self._locked:
            raise RuntimeError
        self._locked = False
        if self._waiting:
            function, stack = self._waiting
            self._waiting = None
            function(self)
            memory.give(stack)

    def locked(self):
        return self._locked


allocate_lock = LockType


def stack_size(size=0):
    global _size
    before, _size = _size, size or _DEFAULT
    return before


def start_new_thread(function, arguments):
    global _made
    _made += 1
    stack = "thread " + str(_made)
    if not memory.take(stack, _size // chips.KB):
        raise OSError("can't create thread")
    arguments[0]._waiting = (function, stack)
