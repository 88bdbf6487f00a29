"""Removes files, and of the folders those that are empty then."""

import os


def remove(paths, folders):
    for path in paths:
        try:
            os.remove(path)
        except OSError as error:
            if error.errno != 2:
                raise
    for folder in folders:
        try:
            os.rmdir(folder)
        except OSError:
            pass
