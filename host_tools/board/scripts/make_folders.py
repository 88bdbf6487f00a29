"""Makes folders, outer ones first; those that are there stay."""

import os


def make_folders(folders):
    for folder in folders:
        try:
            os.mkdir(folder)
        except OSError as error:
            if error.errno != 17:
                raise
