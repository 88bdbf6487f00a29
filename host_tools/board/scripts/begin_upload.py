"""Opens a file to append to, from a size on that is right already; add(base64) appends."""

import binascii


def begin_upload(path, size):
    global upload
    upload = open(path, "ab" if size else "wb")


def add(text):
    upload.write(binascii.a2b_base64(text))
