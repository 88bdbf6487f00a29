"""How a shard puts columns, and what of them its prediction leaves: the residuals.

In memory while a segment's columns are gone over.
"""

import struct
from array import array

from store.columns import BITS, EARLIER, FIELD, HALF, KIND, OF_HALF, OFFSET, RAW, REST

try:
    from store import plans_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import plans_plain as fast

PASSING = True

SUM_ZERO = (1 << 29) + 512  # of a prediction, see plans_plain.py
STEPS = 8  # a half predicts as a multiple of 1 / STEPS
IN_DIGITS, AS_BYTES = 0, 1  # how a plane holds residuals: of four bits, the wide ones apart


class Plan:
    """How a shard puts a column: its unit, its weights, in bytes or in digits."""

    def __init__(self, column, unit=0):
        self.column = column
        self.unit = unit  # of a half: multiples of 1 / unit; 0: its place in the order of halves
        self.weights = (0,) * len(column[EARLIER:])  # in 1/1024
        self.how = AS_BYTES if column[KIND] == RAW else IN_DIGITS

    def params(self):
        """What a decoder needs to know: a byte that says how, the unit, the weights."""
        out = bytearray([self.how])
        if self.column[KIND] == HALF:
            out.append(self.unit)
        for weight in self.weights:
            out.append(weight & 255)
            out.append(weight >> 8 & 255)
        return out

    def read(self, params, at):
        """Take from params at offset at what params() made; returns where the next Plan's begin."""
        self.how = AS_BYTES if params[at] else IN_DIGITS
        at += 1
        if self.column[KIND] == HALF:
            self.unit = params[at]
            at += 1
        count = len(self.weights)
        self.weights = struct.unpack_from("<" + str(count) + "h", params, at)
        return at + 2 * count


class Plans:
    """The Plans of all columns and, behind them, of the rests that the units of halves leave. Put
    away small, for there are 33 of them in a pack of 32 cells; made again when they are asked for.
    """

    def __init__(self, described):
        self.params = bytearray()
        self.columns = len(described)
        self._described = described
        self._starts = array("H")
        self._rests = []
        for column in described:
            self._starts.append(len(self.params))
            self.params.extend(Plan(column).params())

    def __len__(self):
        return self.columns + len(self._rests)

    def get(self, i):
        """The Plan number i."""
        if i >= self.columns:
            return self._rests[i - self.columns]
        plan = Plan(self._described[i])
        plan.read(self.params, self._starts[i])
        return plan

    def put(self, i, plan):
        """Keep the Plan of column i."""
        params = plan.params()
        self.params[self._starts[i] : self._starts[i] + len(params)] = params

    def add_rests(self, plan):
        """Append the Plan of what a column's unit leaves of its halves."""
        self._rests.append(rests_of(plan))


def rests_of(plan):
    """The Plan of what a column's unit leaves of its halves."""
    return Plan(bytes((REST, plan.column[OFFSET], 0, 16)), plan.unit)


def find_residuals(plan, rows, count):
    """Fill rows.residuals for the chunk of count rows; returns it."""
    column = plan.column
    earlier = EARLIER
    for weight in plan.weights:
        load_earlier(column[earlier], rows, rows.others, count)
        fast.add_products(rows.others, count, weight, rows.sums)
        earlier += 1
    load_own(plan, rows, count)
    if column[KIND] == RAW:
        rows.residuals[:count] = rows.values[1 : count + 1]
    else:
        fast.put_residuals(rows.values, count, column[BITS], rows.sums, rows.residuals)
    return rows.residuals


def load_own(plan, rows, count):
    """Fill rows.values with the column's."""
    kind, at, shift, bits = plan.column[:EARLIER]
    if kind in (FIELD, RAW):
        fast.load_bits(rows.buffer, count + 1, rows.size, at, shift, bits, rows.values)
        return
    _load_halves(rows, count, at, plan.unit, rows.values)
    if kind == REST:
        fast.load_rests(rows.buffer, count + 1, rows.size, at, plan.unit, rows.values)


def load_earlier(offset, rows, out, count):
    """Fill out with the values of a column that predicts others, as EARLIER names it."""
    if offset & OF_HALF:
        _load_halves(rows, count, offset - OF_HALF, STEPS, out)
    else:
        fast.load_bits(rows.buffer, count + 1, rows.size, offset, 0, 16, out)


def _load_halves(rows, count, offset, unit, out):
    fast.load_halves(rows.buffer, count + 1, rows.size, offset, unit, out)
