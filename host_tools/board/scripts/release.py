"""Has the logger leave the BMS alone for some seconds after its restart; prints yes if it can."""


def release(seconds):
    try:
        found = any(hasattr(p.link, "release") for p in logger.packs)
    except (NameError, AttributeError):  # no logger, or it was just starting
        found = False
    if found:
        with open("/release", "w") as f:
            f.write(str(seconds))
        print("yes")
