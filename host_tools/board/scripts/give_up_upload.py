"""Removes a file of which begin_upload has written a part."""

import os


def give_up_upload(path):
    try:
        upload.close()
    except OSError:
        pass  # no room for what it still had
    os.remove(path)
