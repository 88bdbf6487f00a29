"""What config.json says, in its finished form: checked, defaults filled in, only what is in use.

The PC writes that form beside config.json, and so does the board after config.json was changed by
hand. Only then the checker is imported, and unloaded again: checking takes some 20 KB of heap, the
finished form 2. It is also the last config that was right, for when config.json no longer is. To be
called before anything else is imported.
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
LAST = "Old config in use: "


def read(folder=""):
    """(what folder/config.json says, None), or (None, what is wrong with it).

    If something is wrong with it and the finished form of the last one that was right is there,
    that is returned instead; its complaints then say what is wrong.
    """
    try:
        found = json.loads(_finished(folder, _checksum(folder + CONFIG)))
    except (OSError, ValueError, MemoryError):
        return _check(folder)
    return _check(folder) if _is_found_since(folder, found) else (found, None)


def prepare(settings):
    """What has to be done before the rest of the firmware fills the heap."""
    from store import kernels, starting

    settings["start"] = starting.compact_waiting(settings)
    kernels.forget(("starting",))
    import radios

    radios.bring_up(settings)


def form(text, checksum):
    """The finished form's bytes. text: JSON of what config.finish() returned, checksum: the CRC-32
    of the config.json. The same number means that it was not changed.
    """
    return _head(checksum, text) + text


def _is_found_since(folder, settings):
    """Has the kind of a unit been found since this form was written? With a complaint, it does not
    go with what else config.json says.
    """
    unknown = [pack for pack in settings["packs"] if pack["bms"] == "auto"]
    if not unknown or "complaints" in settings:
        return False
    import kinds_found

    found = kinds_found.read(folder)
    is_there = any(kinds_found.unit_of(pack) in found for pack in unknown)
    sys.modules.pop("kinds_found", None)
    return is_there


def _head(checksum, text):
    # Which checker made it, the CRC-32 of its config.json, and one of its own
    return b"%d %d %d\n" % (CHECKER, checksum, binascii.crc32(text))


def _checksum(path):
    """The CRC-32 of a file, however long it is."""
    found = 0
    buffer = memoryview(bytearray(512))
    with open(path, "rb") as file:
        while size := file.readinto(buffer):
            found = binascii.crc32(buffer[:size], found)
    return found


def _finished(folder, checksum):
    """The JSON of the finished form; OSError or ValueError if there is none, or a damaged one.

    checksum: of its config.json; None takes that of any, by any checker.
    """
    with open(folder + FINISHED, "rb") as file:
        head = file.readline()
        text = file.read()
    if checksum is None:
        is_right = head.endswith(b" %d\n" % binascii.crc32(text))
    else:
        is_right = head == _head(checksum, text)
    if not is_right:
        raise ValueError
    return text


def _check(folder):
    all_of_it = "config", "config_rules", "config_keys", "config_zone", "kinds_found"
    passing = [name for name in all_of_it if name not in sys.modules]
    import config
    import kinds_found

    try:
        checked, checksum = config.load(folder + CONFIG, kinds_found.read(folder))
        checked = config.finish(checked)
        _write(folder, form(json.dumps(checked).encode(), checksum))
        return checked, None
    except Exception as error:  # whatever there is in that file
        wrong = str(error) if isinstance(error, config.ConfigError) else _unforeseen(error)
        return _last(folder, wrong)
    finally:
        for name in passing:
            sys.modules.pop(name, None)


def _unforeseen(error):
    return "config.json: cannot be read: " + repr(error)


def _last(folder, wrong):
    """The last config that was right; it is checked again, for it may be another version's."""
    import config

    try:
        checked = config.finish(config.again(json.loads(_finished(folder, None))))
    except Exception:  # what is wrong with the newest one is all there is to say
        return None, wrong
    checked["complaints"] = [LAST + wrong]
    return checked, None


def _write(folder, data):
    try:
        with open(folder + _NEW, "wb") as file:
            file.write(data)
        os.rename(folder + _NEW, folder + FINISHED)
    except OSError:
        pass  # then the next start checks again
