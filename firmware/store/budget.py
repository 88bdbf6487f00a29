"""What each series may take of a pack's budget, and what that is if config.json does not say."""

import os

from lib import once

# %; the frames have the rest. Hours reach back three years in 1.5 MB, days twenty; frames and cells
# equally far in what that leaves
CELLS_SHARE, EVENTS_SHARE, HOURS_SHARE, DAYS_SHARE = 9, 3, 39, 21
EVENTS_LEAST = 8192  # two blocks of flash: one to write on, one to keep
DAYS_MOST = 512 * 1024  # forty years
# The firmware and the one before, a third that is on its way, and what retention keeps free
OTHERS = 512 * 1024
LEAST = 128 * 1024


@once.packs
def shares(budget):
    """The budgets of the series, in the order of their numbers: None each for None."""
    if budget is None:
        return (None,) * 5
    events = max(EVENTS_LEAST, budget * EVENTS_SHARE // 100)
    days = max(EVENTS_LEAST, min(DAYS_MOST, budget * DAYS_SHARE // 100))
    hours = budget * (HOURS_SHARE + EVENTS_SHARE) // 100 - events
    cells = budget * CELLS_SHARE // 100
    return budget - cells - events - hours - days, cells, events, hours, days


@once.packs
def fair(packs, folder="/"):
    """The budget of each of so many packs: what the file system has, less what others need."""
    stat = os.statvfs(folder)
    return max(LEAST, (stat[1] * stat[2] - OTHERS) // packs)
