"""A part of the logger, as small as one can be: copy it to firmware/parts/NAME.py.

NAME is its section in config.json. This one counts, and reports that in the health line.
"""

import asyncio

ORDER = 70  # among the parts, in which they are started
KEYS = {  # of its section, as firmware/config_rules.py describes them
    "word": ("text", 16, "hello"),
    "every_s": ("number", (1, 3600), 1),
}


def make(settings, board):
    """The part, or None if it is not needed. An error is a complaint, the other parts go on."""
    return Toy(settings, board)


class Toy:
    """settings: the section of config.json. board: a board.Board, the way to all the rest."""

    state = None  # what is wrong, in 20 characters for the display; None: nothing

    def __init__(self, settings, board):
        self._settings = settings
        self._board = board
        self._count = 0
        self.stopped = False

    async def run(self):
        """The part's task; started again if it fails."""
        while True:
            self._count += 1
            await asyncio.sleep(self._settings["every_s"])

    def values(self):
        """(key, value) pairs for the health line, the health page and MQTT."""
        packs = len(self._board.packs)
        return [("toy", self._settings["word"]), ("toy_count", self._count), ("toy_packs", packs)]

    def stop(self):
        """Ctrl-C: there is no event loop any more."""
        print("toy stopped")
