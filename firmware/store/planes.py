"""From columns to planes: strings of bytes with one kind of residuals each, as a shard has them.

The last pass over the rows. In memory only for that.
"""

from array import array

from store.columns import BITS
from store.plans import AS_BYTES, find_residuals

try:
    from store import planes_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import planes_plain as fast

PASSING = True

_WIDE_COST = 16  # bits: with more wide residuals than one in so many, bytes are smaller than digits


def work(plans, rows, out):
    """Generator, a chunk a step: append all planes to out, an open file; returns their sizes.

    Settles whether each column goes in bytes or in digits.
    """
    wide = bytearray()
    for i in range(len(plans)):
        if (yield from _has_wide(plans, i, rows)):
            wide.append(i)
    sizes = array("H")
    for shift in (0, 8):
        for i in range(len(plans)):
            plan = plans.get(i)
            if plan.how == AS_BYTES:
                if plan.column[BITS] > shift:
                    sizes.append((yield from _write(plan, rows, shift, out)))
            elif not shift:
                sizes.append((yield from _write(plan, rows, fast.DIGITS, out)))
    if wide:
        size = 0
        for i in wide:
            size += yield from _write(plans.get(i), rows, fast.WIDE, out)
        sizes.append(size)
    if rows.marks:
        for i in range(len(rows.marks)):
            size = rows.read_mark(i, rows.scratch)
            out.write(memoryview(rows.scratch)[:size])
            yield
        sizes.append(len(rows.marks) * size)
    return sizes


def _has_wide(plans, i, rows):
    """Generator: settle how a column is put; returns whether it has wide residuals apart."""
    plan = plans.get(i)
    if plan.how == AS_BYTES:
        return False
    wide = (yield from _write(plan, rows, fast.WIDE, None)) // 2
    if i < plans.columns and wide * _WIDE_COST > rows.count:
        plan.how = AS_BYTES
        plans.put(i, plan)
        return False
    return wide > 0


def _write(plan, rows, how, out):
    """Generator: append a plane of a column to out, if that is a file; returns its size."""
    size = 0
    rows.rewind()
    count = rows.next()
    while count:
        part = fast.put(find_residuals(plan, rows, count), count, how, rows.scratch)
        if out:
            out.write(memoryview(rows.scratch)[:part])
        size += part
        yield
        count = rows.next()
    return size
