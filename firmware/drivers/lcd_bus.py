"""What a bus to a character LCD is: the modules of display/ have one each.

A bus has find() and nibbles(), write() and alive() as drivers/hd44780.py calls them, and resync_ms,
how often a display on it is written anew. It sends single nibbles (start-up) and runs of "one
command, then characters" that keep within the HD44780's times without looking at its busy flag: 37
us a command, 41 us a character. It takes no state from the display: whatever fails is raised as
LcdLost, and after that find() starts anew.
"""


class LcdLost(OSError):
    """The display does not answer (errno, where). The only error that the LCD drivers raise."""
