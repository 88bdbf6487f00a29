"""Runs before main.py, and is the way back in when that is broken: in safe mode nothing is started
and the REPL is there.

Two ways lead there: the BOOT button pressed within a second after a reset, and three crashes in a
row. After crashes the logger gets another chance every ten minutes: nobody may be there to give it.
"""

import sys
import time

import machine

CRASHES = "/crashes"  # how many in a row; SAFE after a start in safe mode
SAFE = "safe"
PLANNED = "/compact"  # says "planned" if the logger has restarted by itself to compact its history
ENOUGH = 3  # the text below says it too
CHANCE_MS = 600000
MACHINE = sys.implementation._machine
BUTTON = 9 if "C3" in MACHINE or "C6" in MACHINE else 0


def _pressed():
    button = machine.Pin(BUTTON, machine.Pin.IN, machine.Pin.PULL_UP)
    for _ in range(20):
        if not button.value():
            return True
        time.sleep_ms(50)
    return False


def _said():
    """What the file says, "0" if nothing that makes sense."""
    try:
        with open(CRASHES) as file:
            said = file.read()
        return said if said == SAFE else str(int(said))
    except (OSError, ValueError):
        return "0"


def _say(text):
    try:
        with open(CRASHES, "w") as file:
            file.write(text)
    except OSError:
        pass


def _planned():
    try:
        with open(PLANNED) as file:
            return file.read() == "planned"
    except OSError:
        return False


def _crashed_too_often():
    said = _said()
    if said == SAFE:
        _say(str(ENOUGH - 1))  # one more, and it is safe mode again
        return False
    count = int(said)
    # A panic of the chip counts as a hard reset, like the one after an exception of the logger's
    if machine.reset_cause() in (machine.WDT_RESET, machine.HARD_RESET) and not _planned():
        count += 1
        _say(str(count))
    if count < ENOUGH:
        return False
    _say(SAFE)
    machine.WDT(timeout=CHANCE_MS)
    return True


safe_mode = _pressed()
if safe_mode:
    print("packlog: safe mode, BOOT is pressed")
elif _crashed_too_often():
    safe_mode = True
    print("packlog: safe mode after 3 crashes: next try in 10 min")
