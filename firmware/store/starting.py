"""Compacts at a start what found no room before: the heap has all its room then.

To be called before links and radios are there, and before most of the firmware is imported. It
takes MOST_S at most; the watchdog is fed.
"""

import os

from machine import HARD_RESET, WDT, reset_cause

from lib.uptime import Uptime
from store import compaction, kernels, segment
from store.files import DATA, Files
from store.upkeep import ASKED, PLANNED

PASSING = True

MOST_S = 60
WATCHDOG_MS = 120000


def compact_waiting(settings, folder=DATA, asked=ASKED, most_s=MOST_S):
    """Compact the segments that waited, if that was asked for. Raises nothing.

    Returns (planned, failed): has the logger restarted by itself, and did something go wrong. A
    pack's settings get "damaged": records that were left out, for their checksum was wrong.
    """
    kernels.keep()
    how = _take(asked)
    if how is None:
        return False, False
    planned = how == PLANNED and reset_cause() == HARD_RESET
    watchdog = WDT(timeout=WATCHDOG_MS) if settings["watchdog_s"] else None
    uptime = Uptime()
    begun = failed = False
    try:
        for pack in settings["packs"]:
            for compactor in _compactors(folder + "/" + pack["name"], pack["name"]):
                if compactor.waiting() and not begun:
                    begun = True
                    print("packlog: compacting history, for " + str(most_s) + " s at most")
                failed = not _compact(compactor, watchdog, uptime, most_s) or failed
                pack["damaged"] = pack.get("damaged", 0) + compactor.damaged
    except Exception as error:  # whatever it is, the logger starts
        print("packlog! history was not compacted: " + repr(error))
        failed = True
    compaction.forget_encoder()
    return planned, failed


def _take(path):
    """What the file says; it is deleted first, for what is tried now might end in a reset."""
    try:
        with open(path) as file:
            how = file.read()
        os.remove(path)
        return how
    except OSError:
        return None


def _compactors(folder, name):
    """Generator: a Compactor for each series of a pack."""
    for kind in segment.FOLDERS:
        files = Files(folder + "/" + segment.FOLDERS[kind])
        compactor = compaction.Compactor(files, segment.Header(kind, 1, 0, name, 0))
        compactor.clean()
        yield compactor


def _compact(compactor, watchdog, uptime, most_s):
    """Compact all that waits. False if the time is over or something went wrong."""
    while compactor.waiting():
        for _ in compactor.run():
            if watchdog:
                watchdog.feed()
            uptime.update()
            if uptime.seconds >= most_s:
                compactor.stop()
                return compactor.done > 0
        if compactor.last_error:
            return False
    return True
