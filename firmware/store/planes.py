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

_WIDE_COST = 16  # bits: if more than one residual in 16 is wide, bytes are smaller than digits


def work(plans, rows, out):
    """Generator, a chunk a step: append the columns' planes to out, an open file; returns their
    sizes.

    Settles whether each column goes in bytes or in digits.
    """
    wide = []  # MicroPython finds no number in a bytearray
    for i in range(len(plans)):
        if (yield from _has_wide(plans, i, rows)):
            wide.append(i)
    sizes = array("H")
    size = 0
    for i, how in in_order(plans):
        if how != fast.WIDE:
            sizes.append((yield from _write(plans.get(i), rows, how, out)))
        elif i in wide:
            size += yield from _write(plans.get(i), rows, how, out)
    if size:
        sizes.append(size)  # of all columns together
    return sizes


def in_order(plans):
    """Generator: (number of the column, how, as planes_plain.put() takes it) of each plane, in the
    order in which a shard has them.
    """
    for how in (0, 8, fast.WIDE):
        for i in range(len(plans)):
            plan = plans.get(i)
            if plan.how == AS_BYTES:
                if how < plan.column[BITS]:
                    yield i, how
            elif how != 8:
                yield i, how or fast.DIGITS


def _has_wide(plans, i, rows):
    """Generator: settle how a column is put; returns whether it has wide residuals apart."""
    plan = plans.get(i)
    if plan.how == AS_BYTES:
        return False
    wide = (yield from _write(plan, rows, fast.WIDE, None)) // 2
    if i < plans.columns and wide * _WIDE_COST > rows.count - rows.marked:
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
