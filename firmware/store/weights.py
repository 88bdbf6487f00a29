"""How far earlier columns predict a column: their weights, by least squares over all rows.

The second pass over the rows. In memory only for that.
"""

from store.columns import EARLIER
from store.plans import load_earlier, load_own

try:
    from store import weights_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import weights_plain as fast

PASSING = True

_LIMIT = 32767  # of a weight, both ways


def work(plans, rows):
    """Generator, a chunk a step: settle the weights of the Plans."""
    for i in range(plans.columns):
        plan = plans.get(i)
        if plan.weights:
            yield from _find_weights(plan, rows)
            plans.put(i, plan)


def _find_weights(plan, rows):
    """Least squares over all rows."""
    earlier = plan.column[EARLIER:]
    size = len(earlier)
    equations = [[0] * (size + 1) for _ in earlier]
    rows.rewind()
    count = rows.next()
    while count:
        for i in range(size):
            load_earlier(earlier[i], rows, rows.others, count)
            for j in range(i, size):
                load_earlier(earlier[j], rows, rows.values, count)
                equations[i][j] += fast.dot(rows.others, rows.values, count)
            load_own(plan, rows, count)
            equations[i][size] += fast.dot(rows.others, rows.values, count)
        yield
        count = rows.next()
    yield
    largest = max([equations[i][i] for i in range(size)])
    while largest >> 24:  # digits that make no difference, only large numbers
        largest >>= 4
        for row in equations:
            for j in range(size + 1):
                row[j] >>= 4
    for i in range(size):
        equations[i][i] += 1 + (equations[i][i] >> 8)  # where the data say little, a little less
        for j in range(i):
            equations[i][j] = equations[j][i]
    yield
    plan.weights = yield from _solve(equations)


def _solve(equations):
    """Generator: solve, in place, rows of coefficients and right side, in whole numbers; returns
    1024 x. Yields now and then, for the numbers are large.

    Elimination without fractions: each division by the pivot before leaves no remainder (Bareiss).
    """
    size = len(equations)
    before = 1
    for k in range(size - 1):
        pivot = equations[k]
        if pivot[k] <= 0:  # the columns say the same, or rounding has it so: predict nothing
            return [0] * size
        for row in equations[k + 1 :]:
            for j in range(size, k, -1):
                row[j] = (row[j] * pivot[k] - row[k] * pivot[j]) // before
            yield
        before = pivot[k]
    x = [0] * size
    for k in range(size - 1, -1, -1):
        row = equations[k]
        rest = row[size] * 1024
        for j in range(k + 1, size):
            rest -= row[j] * x[j]
        if row[k] > 0:
            x[k] = max(-_LIMIT, min(_LIMIT, (2 * rest + row[k]) // (2 * row[k])))
        yield
    return x
