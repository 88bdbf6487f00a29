"""Keeps some of the chip's own memory for sockets while the heap grows.

An ESP32's heap takes the largest free block at its third growth and keeps it: what the network
needs from moment to moment is then not there. So a thread that waits holds it as its stack while
the firmware is imported. When that is done, a heap with little room left grows while the rest is
still held. Then the thread ends. Where there are no threads, nothing is held.

What hold() returns keeps the module in memory, and nothing else has to.
"""

import gc

from lib import heap

PASSING = True

SIZE = 18 * 1024  # three sockets, and packets on their way
ROOM = 24 * 1024  # bytes that a logger needs beside what it has when its tasks begin


def hold():
    """Hold it; returns (release, what that takes). None if that is not possible."""
    try:
        import _thread

        lock = _thread.allocate_lock()
        lock.acquire()
        before = _thread.stack_size(SIZE)
        try:
            _thread.start_new_thread(_wait, (lock,))
        finally:
            _thread.stack_size(before)
        return release, lock
    except (ImportError, OSError, RuntimeError, MemoryError):
        return None


def release(lock):
    """Let the heap grow if it is about to, then let go. Returns what is to be kept: it lies in the
    last area, and an empty one would be given back.
    """
    gc.collect()
    pin = _grow() if heap.own_free() < ROOM else None
    lock.release()
    return pin


def _wait(lock):
    lock.acquire()


def _grow():
    words = (heap.own_free() + 1024) // 4  # more than there is: it takes another area
    try:
        pin = [None] * words  # once: a second piece of that size would find no room
        heap.own_free()
        pin.clear()  # what is left of it stays where it is
        pin.append(None)
        return pin
    except MemoryError:
        return None
