"""What config.json says, in its finished form: checked, defaults filled in, only what is in use.

The PC writes that form beside config.json, and so does the board after config.json was changed by
hand. Only then config.py is imported, and unloaded again: checking takes some 20 KB of heap, the
finished form 2. To be called before anything else is imported.
"""

import binascii
import json
import os
import sys

from config_keys import CHECKER

PASSING = True

CONFIG = "config.json"
FINISHED = "config.ready"
_NEW = "config.new"


def read(folder=""):
    """(what folder/config.json says, None), or (None, what is wrong with it)."""
    try:
        with open(folder + CONFIG, "rb") as file:
            checksum = binascii.crc32(file.read())
        return _finished(folder, checksum), None
    except (OSError, ValueError):
        return _check(folder)


def prepare(settings):
    """What has to be done before the rest of the firmware fills the heap."""
    from store import kernels, starting

    settings["start"] = starting.compact_waiting(settings)
    kernels.forget(("starting",))
    import radios

    radios.bring_up(settings)


def form(checked):
    """The finished form's bytes, of what config.finish() returned."""
    text = json.dumps(checked).encode()
    return _head(checked["checksum"], text) + text


def _head(checksum, text):
    # Which checker made it, the CRC-32 of its config.json, and one of its own
    return b"%d %d %d\n" % (CHECKER, checksum, binascii.crc32(text))


def _finished(folder, checksum):
    """OSError or ValueError if there is no finished form of this config.json, or a damaged one."""
    with open(folder + FINISHED, "rb") as file:
        head = file.readline()
        text = file.read()
    if head != _head(checksum, text):
        raise ValueError
    return json.loads(text)


def _check(folder):
    passing = [name for name in ("config", "config_keys") if name not in sys.modules]
    import config

    try:
        checked = config.finish(*config.load(folder + CONFIG))
        _write(folder, checked)
        return checked, None
    except config.ConfigError as error:
        return None, str(error)
    finally:
        for name in passing:
            sys.modules.pop(name, None)


def _write(folder, checked):
    try:
        with open(folder + _NEW, "wb") as file:
            file.write(form(checked))
        os.rename(folder + _NEW, folder + FINISHED)
    except OSError:
        pass  # then the next start checks again
