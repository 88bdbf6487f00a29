"""Retention: the oldest files go first, so that the log never stops.

The files of a series stay within their budget, and the file system keeps a reserve free for
everything else on it. Bytes throughout; a file counts in whole blocks.
"""

import os

NO_SPACE = 28  # errno of a full file system
_free = None
_OWN = 8  # bytes that littlefs puts in front of each block of a file but the first, on average


def make_room(files, size, budget, reserve, drop):
    """Have drop() delete files until one of size bytes may be begun, or until it returns False.

    budget None: no bound but the reserve.
    """
    block = look(files.folder)
    if budget is not None and used(files, block) + taken(size, block) > budget and drop():
        # Asking the file system after each of many files would take seconds
        while used(files, block) + taken(size, block) > budget and drop():
            pass
        look(files.folder)
    while _free < reserve + size and drop():
        look(files.folder)


def look(folder):
    """Ask the file system; returns the size of its blocks."""
    global _free
    block, blocks, free = os.statvfs(folder)[1:4]
    # littlefs counts some blocks twice and then ends up below zero
    _free = 0 if free > blocks else block * free
    return block


def free_bytes():
    """Of the file system when look() asked it last, which takes some 0.1 s; None before."""
    return _free


def used(files, block):
    """What they take on a file system with blocks of that size."""
    total = 0
    for sizes in (files.segments, files.shards):
        for sequence in sizes:
            total += taken(sizes[sequence], block)
    return total


def taken(size, block):
    """What a file takes on a file system with blocks of that size."""
    last = size - 1
    return (last + _OWN * (last // block)) // block * block + block


def whole_blocks(size):
    """The most that a file can be that takes what size bytes are, in blocks of 4096."""
    return size - _OWN * ((size - 1) // 4096)
