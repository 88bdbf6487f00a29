"""Retention: the oldest files go first, so that the log never stops.

A folder of segments stays within its budget, and the file system keeps a reserve free for
everything else on it. Bytes throughout; a file counts in whole blocks.
"""

import os

from store import segment

NO_SPACE = 28  # errno of a full file system


def drop_oldest(folder, keep=None):
    """Delete the oldest segment, but never the one whose path is keep. False if there is none."""
    for sequence in segment.sequences(folder):
        path = folder + "/" + segment.file_name(sequence)
        if path != keep:
            os.remove(path)
            return True
    return False


def make_room(folder, size, budget, reserve, keep=None):
    """Delete old segments, but not keep, until one of size bytes may be begun.

    budget None: no bound but the reserve.
    """
    while _short(folder, size, budget, reserve):
        if not drop_oldest(folder, keep):
            return


def _short(folder, size, budget, reserve):
    stat = os.statvfs(folder)
    block, blocks, free = stat[1:4]
    if free > blocks:  # littlefs counts some blocks twice and then ends up below zero
        free = 0
    if block * free < reserve + size:
        return True
    return budget is not None and used(folder, block) + size > budget


def used(folder, block):
    """What a folder's segments take on a file system with blocks of that size."""
    total = 0
    for sequence in segment.sequences(folder):
        size = os.stat(folder + "/" + segment.file_name(sequence))[6]
        total += (size + block - 1) // block * block
    return total
