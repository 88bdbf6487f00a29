"""Starts the logger. At the REPL, after Ctrl-C, it is there as `logger`."""

logger = None


def _start():
    import settings

    found = settings.read()
    if found[0]:
        import radios

        radios.switch_on(found[0])
    return found


if not globals().get("safe_mode"):
    found = _start()
    import packlog

    try:
        packlog.start(*found)
    finally:
        logger = packlog.logger
