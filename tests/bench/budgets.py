"""What packlog may take of a board, by config: the one table, in budgets.json beside this file.

heap_kb: the smallest heap on RV32 in which it starts, and in which it compacts as well (KB; see
heap.py). flash_blocks: what an install takes, without history (blocks of 4 KB). Five percent below
a budget a test warns: there is time then to make room.
"""

import json
import warnings
from pathlib import Path

HEADROOM = 5  # %
_TABLE = json.loads(Path(__file__).with_suffix(".json").read_text())


def of(what, name):
    """The budget of a config."""
    return _TABLE[what][name]


def below(budget):
    """The size from which on a test warns."""
    return budget * (100 - HEADROOM) // 100


def check(what, name, taken):
    """Fails over the budget of a config, warns close to it."""
    budget = of(what, name)
    assert taken <= budget, f"{name}: {taken} of {budget} {what}"
    if taken > below(budget):
        warn(f"{name}: {taken} of {budget} {what}")


def warn(text):
    """Say that a budget is nearly used up."""
    warnings.warn(f"less than {HEADROOM} % left: {text}", stacklevel=3)
