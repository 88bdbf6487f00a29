"""Prints yes if the board has a file or folder of that name, else no."""

import os


def is_there(path):
    try:
        os.stat(path)
        print("yes")
    except OSError:
        print("no")
