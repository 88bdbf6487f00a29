"""How a shard puts each column best: the unit of halves, the weights, in bytes or in digits.

In memory only while a segment's columns are gone over for the first time.
"""

from store import columns
from store.columns import fast as put

try:
    from store import fit_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import fit_plain as fast

_UNITS = (10, 20, 50, 100)  # parts of a volt or an ampere that BMSs count in
_TOLL = 4  # bits that a rest costs besides its own
_LIMIT = 32767  # of a weight, both ways


def fit_all(described, rows):
    """Generator: the Plans of the columns described."""
    plans = columns.Plans(described)
    for column in described:
        plan = columns.Plan(column)
        yield from fit(plan, rows)
        plans.add(plan)
        rest = plan.rests()
        if rest:
            yield from fit(rest, rows)
            plans.add_rest(rest)
    return plans


def fit(plan, rows):
    """Generator, a chunk a step: settle a Plan by going over the rows a few times."""
    kind = plan.column[1]
    if kind == columns.HALF:
        yield from _find_unit(plan, rows)
    if plan.weights:
        yield from _find_weights(plan, rows)
    if kind != columns.RAW:
        rows.rewind()
        count = rows.next()
        while count:
            residuals = columns.find_residuals(plan, rows, count)
            plan.wide += put.put_wide(residuals, count, rows.scratch) // 2
            yield
            count = rows.next()
        if kind != columns.REST and plan.wide * 16 > rows.count:
            plan.wide = columns.AS_BYTES


def _find_unit(plan, rows):
    """Take the unit with the fewest bits in residuals and rests together, none if that is less."""
    trial = columns.Plan(plan.column[:5] + ((),))
    rest = columns.Plan(("", columns.REST, plan.column[2], 0, 16, ()))
    costs = [0] * (1 + len(_UNITS))
    rows.rewind()
    count = rows.next()
    while count:
        for i in range(len(costs)):
            trial.unit = rest.unit = _UNITS[i - 1] if i else 0
            costs[i] += fast.count_bits(columns.find_residuals(trial, rows, count), count, 0)
            if i:
                costs[i] += fast.count_bits(columns.find_residuals(rest, rows, count), count, _TOLL)
        yield
        count = rows.next()
    best = costs.index(min(costs))
    plan.unit = _UNITS[best - 1] if best else 0


def _find_weights(plan, rows):
    """Least squares over all rows."""
    earlier = plan.column[5]
    size = len(earlier)
    equations = [[0] * (size + 1) for _ in earlier]
    rows.rewind()
    count = rows.next()
    while count:
        for i in range(size):
            columns.load_earlier(earlier[i], rows, rows.others, count)
            for j in range(i, size):
                columns.load_earlier(earlier[j], rows, rows.values, count)
                equations[i][j] += fast.dot(rows.others, rows.values, count)
            columns.load_own(plan, rows, count)
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
