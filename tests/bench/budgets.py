"""What packlog may take of a board, by config: the table that `packlog install` goes by, too.

heap_kb: the smallest heap on RV32 in which it starts, and in which it compacts as well (KB; see
heap.py). flash_blocks: what an install takes, without history (blocks of 4 KB). Five percent below
a budget a test warns: there is time then to make room.
"""

import warnings

from host_tools.install.room import TABLE, flash_blocks

HEADROOM = 5  # %


def of(what, name):
    """The budget of a config."""
    return flash_blocks(TABLE["has"][name]) if what == "flash_blocks" else TABLE[what][name]


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
