"""Which packlog and which MicroPython this is. pyproject.toml takes the version from here."""

import sys

VERSION = "0.1.0"


def micropython():
    """Such as 1.27.0."""
    return ".".join([str(number) for number in sys.implementation.version[:3]])
