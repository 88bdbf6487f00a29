"""Gives a watchdog that nobody feeds now ten minutes more: that of a stopped logger, that of an
update on trial, or that of boot.py, which after crashes restarts the board for another chance.

A watchdog cannot be stopped, and where none runs none is started.
"""


def hold_off():
    if has_watchdog():
        import machine

        machine.WDT(timeout=600000)


def has_watchdog():
    if globals().get("logger"):
        said = contents("/config.ready") or contents("/config.json")
        return '"watchdog_s":0' not in said.replace(" ", "")
    if globals().get("safe_mode") and contents("/crashes") == "safe":
        return True
    return contents("/packlog.try")[-1:] not in ("", "0")  # how often it has been started


def contents(path):
    try:
        with open(path) as file:
            return file.read()
    except (OSError, ValueError):
        return ""
