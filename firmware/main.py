"""Starts the logger. At the REPL, after Ctrl-C, it is there as `logger`.

An update that is cut off, or taken back, can leave this file with the modules of another version.
So what it uses of them stays as it is: settings.read, settings.prepare if it is there,
packlog.start and packlog.logger.
"""

import gc
import sys
import time

import machine

logger = None


def _settings():
    import settings

    found = settings.read()
    if found[0] and hasattr(settings, "prepare"):
        settings.prepare(found[0])
    del sys.modules["settings"]  # needed once
    return found


if not globals().get("safe_mode"):
    gc.threshold(1024)  # bytes of garbage: what stays must not lie scattered among it
    try:
        found = _settings()
        import packlog
    except Exception as error:  # there is not even a logger: boot.py counts the reset
        sys.print_exception(error)
        time.sleep(5)  # Ctrl-C gets out here
        machine.reset()
    try:
        packlog.start(*found)
    finally:
        logger = packlog.logger
