"""Finds the marks among a segment's records: the second pass over the rows."""

from store import frame

PASSING = True

_MOST = 255  # more are taken for frames


def work(rows):
    """Generator, a chunk a step: note the rows of the marks; returns the highest boot they name."""
    last_boot = 0
    rows.rewind()
    count = rows.next()
    while count:
        for i in range(count):
            at = (i + 1) * rows.size
            kind = frame.mark_kind(rows.buffer, at)
            if kind == frame.RUN:
                last_boot = max(last_boot, frame.mark_values(rows.buffer, at)[0])
            if rows.buffer[at + 2] == rows.buffer[at + 3] == 255 and len(rows.marks) < _MOST:
                rows.marks.append(rows.count - rows.left - count + i)
        rows.hidden = len(rows.marks)
        yield
        count = rows.next()
    return last_boot
