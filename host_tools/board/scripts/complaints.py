"""Prints what the logger complains of, a line each."""


def complaints():
    try:
        print("\n".join(logger.complaints))
    except (NameError, AttributeError):  # no logger: it was just starting, or its config is wrong
        pass
