"""Makes /packlog.new the firmware that starts, and the one before the way back.

trial: the text of /packlog.try, "" where there is no way back. keep: the one before becomes that.
Whatever step the power goes at, the board starts the one or the other.
"""

import os


def put_in_place(trial, keep):
    for path in ("/crashes", "/cuts", "/packlog.try"):
        try:
            os.remove(path)
        except OSError:
            pass
    if trial:
        with open("/packlog.try", "w") as file:
            file.write(trial)
    if keep:
        os.rename("/packlog.bundle", "/packlog.old")
    os.rename("/packlog.new", "/packlog.bundle")
