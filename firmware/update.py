"""Ends the trial of a new firmware, or says that one was given up.

boot.py goes back to the firmware before unless /packlog.try is removed within two minutes of the
start: here, as soon as a pack has a reading. Where the firmware before had none either, say because
the BMS is switched off, a minute of running tasks is enough.
"""

import asyncio
import os
from binascii import hexlify

PASSING = True

BUNDLE = "/packlog.bundle"
TRIAL = "/packlog.try"
QUIET_S = 60  # without readings, as before
DISARMED_S = (1 << 30) // 1000  # boot.py's watchdog cannot be switched off: as long as it goes


async def end_trial(packs, uptime, complaints, watchdog_s):
    """Wait until the firmware has proven itself; returns the watchdog's timeout from then on.

    Until then boot.py's watchdog is armed, if this firmware is on trial.
    """
    try:
        with open(TRIAL) as file:
            identity, version, had_readings, starts = file.read().split()
        with open(BUNDLE, "rb") as file:
            file.seek(8)
            on_trial = hexlify(file.read(8)).decode() == identity
    except (OSError, ValueError):
        return watchdog_s
    if not on_trial:
        if starts != "0":
            complaints.append("packlog " + version + " did not work here: the one before is back")
        return watchdog_s
    while not any(pack.readings for pack in packs):
        if had_readings == "0" and uptime.seconds >= QUIET_S:
            break
        uptime.update()
        await asyncio.sleep(1)
    os.remove(TRIAL)
    print("packlog: the new firmware works")
    return watchdog_s or DISARMED_S
