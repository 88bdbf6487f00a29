"""What a compaction takes of the heap, with all of its modules, and whether it finds room in a heap
that has so much free, in pieces.
"""

import gc
import json

from lib import heap
from store import compaction, segment
from store.files import Files

OFTEN = 8  # steps between two looks; what a pass has in use it has for hundreds
GARBAGE = 64  # bytes that the log drops between two steps


def occupy(free, shift):
    """A heap in use but for free bytes in pieces of heap.PIECE; returns what occupies it. shift:
    bytes before the pieces, for how they lie is a matter of chance.
    """
    gc.collect()
    kept = [bytearray(shift)]
    rest = []
    for size in (heap.PIECE - 32, 480, 16):  # what is free does not lie in one piece
        try:
            while gc.mem_free() >= size + 512:
                (kept if size > 480 else rest).append([bytearray(size), bytearray(16)])
        except MemoryError:
            pass
        gc.collect()
    kept.append(rest)
    at = 1
    while gc.mem_free() < free:
        kept[at][0] = None
        at += 2
        gc.collect()
    return kept


def compact(folder, is_measured):
    """Compact the oldest segment; returns what came of it: done, why not, most bytes in use."""
    header = segment.read_header(folder + "/" + segment.file_name(1))
    compactor = compaction.Compactor(Files(folder), header)
    gc.collect()
    before, most, n = gc.mem_alloc(), 0, 0
    for _ in compactor.run():
        bytearray(GARBAGE)
        n += 1
        if is_measured and n % OFTEN == 0:
            gc.collect()
            most = max(most, gc.mem_alloc() - before)
    return {"done": compactor.done, "why": repr(compactor.last_error), "most": most, "steps": n}


def show(folder, free=None, shift=16):
    """Print what a compaction comes to, in a heap with free bytes left if that is given."""
    compaction.forget_encoder()
    kept = free and occupy(free, shift)
    found = compact(folder, not free)
    found["needs"] = compaction.NEEDS
    found["piece"] = heap.PIECE
    found["had"] = len(kept or ())
    print(json.dumps(found))
