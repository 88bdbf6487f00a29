"""Which packlog and which MicroPython this is. pyproject.toml takes the version from here."""

import sys

VERSION = "0.1.0"
MICROPYTHON = ".".join([str(number) for number in sys.implementation.version[:3]])
