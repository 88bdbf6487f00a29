"""How the tests with random input feed a decoder, and what memory it takes."""

import tracemalloc


def feed_all(decoder, data, step=0):
    """All of it, so many bytes at a time (0: at once), to the end."""
    for at in range(0, len(data), step or max(1, len(data))):
        decoder.feed(data[at : at + (step or len(data))])
    decoder.finish()


def memory_of(decoder, pieces):
    """(bytes by which it has grown, most bytes at a time), once 1000 pieces have gone through."""
    for piece in pieces[:1000]:
        decoder.feed(piece)
    tracemalloc.start()
    for piece in pieces[1000:]:
        decoder.feed(piece)
        decoder.request()
    grown, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return grown, peak
