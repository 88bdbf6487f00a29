"""What the logger has found out itself and keeps through restarts: a JSON object in a file."""

import json
import os

PASSING = True


def read(path):
    """The object; {} if there is none."""
    try:
        with open(path) as file:
            found = json.load(file)
        return found if isinstance(found, dict) else {}
    except (OSError, ValueError):
        return {}


def add(path, key, value):
    """Add a pair. The file is the old one or the new one, whenever the power goes. OSError."""
    found = read(path)
    found[key] = value
    new = path + ".new"
    with open(new, "w") as file:
        json.dump(found, file)
    os.rename(new, path)
