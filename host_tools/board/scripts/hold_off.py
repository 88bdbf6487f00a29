"""Postpones the logger's next chance in safe mode.

After crashes the watchdog of boot.py restarts the board: not in the middle of what is done now, but
ten minutes from here.
"""


def hold_off():
    try:
        if safe_mode and open("/crashes").read() == "safe":
            import machine

            machine.WDT(timeout=600000)
    except (NameError, OSError):
        pass
