"""Reads config.json and lets go of what checks it: that takes some 10 KB of RAM, only once.

To be asked before anything else is imported.
"""

import sys


def read():
    """(what config.json says, None), or (None, what is wrong with it)."""
    import config

    try:
        found = config.load()
        found["checksum"] = config.checksum()
        return found, None
    except config.ConfigError as error:
        return None, str(error)
    finally:
        for name in ("config", "config_keys"):
            sys.modules.pop(name, None)
