"""Which multiples a column of halves counts in: those with which it costs the fewest bits.

The first pass over the rows. In memory only for that.
"""

from store.columns import EARLIER, HALF, KIND
from store.plans import Plan, find_residuals, rests_of

try:
    from store import units_viper as fast
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without native code
    from store import units_plain as fast

PASSING = True

_UNITS = b"\0\x0a\x14\x32\x64"  # parts of a volt or an ampere that BMSs count in; 0: none
_TOLL = 4  # bits that a rest costs besides its own


def work(plans, rows):
    """Generator, a chunk a step: settle the units of the Plans, and add the Plans of the rests."""
    for i in range(plans.columns):
        plan = plans.get(i)
        if plan.column[KIND] == HALF:
            yield from _find_unit(plan, rows)
            plans.put(i, plan)
            if plan.unit:
                plans.add_rests(plan)


def _find_unit(plan, rows):
    """Take the unit with the fewest bits in residuals and rests together, none if that is less."""
    trial = Plan(plan.column[:EARLIER])
    rest = rests_of(trial)
    costs = [0] * len(_UNITS)
    rows.rewind()
    count = rows.next()
    while count:
        for i, unit in enumerate(_UNITS):
            trial.unit = rest.unit = unit
            costs[i] += fast.count_bits(find_residuals(trial, rows, count), count, 0)
            if unit:
                costs[i] += fast.count_bits(find_residuals(rest, rows, count), count, _TOLL)
        yield
        count = rows.next()
    plan.unit = _UNITS[costs.index(min(costs))]
