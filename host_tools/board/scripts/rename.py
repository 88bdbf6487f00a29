"""Gives a file another name; a file of that name is replaced."""

import os


def rename(old, new):
    os.rename(old, new)
