"""Starts the logger. At the REPL, after Ctrl-C, it is there as `logger`."""

logger = None
if not globals().get("safe_mode"):
    import settings

    found = settings.read()
    if found[0]:
        from store import starting

        found[0]["start"] = starting.compact_waiting(found[0])
        import radios

        found[0]["lost"] = radios.bring_up(found[0])
    import packlog

    try:
        packlog.start(*found)
    finally:
        logger = packlog.logger
