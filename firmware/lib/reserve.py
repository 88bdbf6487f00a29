"""Keeps some of the chip's own memory for sockets while the heap grows.

An ESP32's heap takes the largest free block at its third growth and keeps it: what the network
needs from moment to moment is then not there. So a thread that waits holds it as its stack while
the firmware is imported. When that is done, a heap with little room left grows while the rest is
still held. Then the thread ends. Where there are no threads, nothing is held.
"""

import gc

from lib import heap

SIZE = 18 * 1024  # three sockets, and packets on their way
ROOM = 24 * 1024  # bytes that a logger needs beside what it has when its tasks begin
_pin = []  # lies in the last area: an empty one would be given back


def hold():
    """Hold it; returns what release() takes. None if that is not possible."""
    try:
        import _thread

        lock = _thread.allocate_lock()
        lock.acquire()
        before = _thread.stack_size(SIZE)
        try:
            _thread.start_new_thread(_wait, (lock,))
        finally:
            _thread.stack_size(before)
        return lock
    except (ImportError, OSError, RuntimeError, MemoryError):
        return None


def release(lock):
    """Let the heap grow if it is about to, then let go."""
    gc.collect()
    if heap.own_free() < ROOM:
        _grow()
    lock.release()


def _wait(lock):
    lock.acquire()


def _grow():
    global _pin
    words = (heap.own_free() + 1024) // 4  # more than there is: it takes another area
    try:
        _pin = [None] * words  # once: a second piece of that size would find no room
        heap.own_free()
        _pin.clear()  # what is left of it stays where it is
        _pin.append(None)
    except MemoryError:
        pass
