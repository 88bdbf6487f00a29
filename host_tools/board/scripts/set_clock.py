"""Sets the logger's clock, or the chip's if no logger runs; prints which of them it was."""


def set_clock(unix, ms):
    try:
        logger.set_clock(unix, 2, ms)
        print("logger")
    except Exception:  # no logger, or one that has failed: what comes next has the time
        import machine
        import time

        # Some ports count from 2000 on
        since = 946684800 if time.gmtime(0)[0] == 2000 else 0
        y, m, d, h, n, s, w = time.gmtime(unix - since)[:7]
        machine.RTC().datetime((y, m, d, w, h, n, s, ms * 1000))
        print("clock")
