"""A display, as small as one can be: copy it to firmware/display/NAME.py; lcd.kind names it.

This one prints what changes to the console.
"""

import asyncio

KEYS = {"mark": ("text", 8, "|")}  # in the section lcd, besides kind, columns, rows and page_s


def make(settings):
    """The display. ValueError and OSError say what is wrong: that is a complaint."""
    return Toy(settings["mark"])


class Toy:
    """online: it is there and shows what it is given."""

    def __init__(self, mark):
        self.online = False
        self._mark = mark
        self._wanted = self._shown = None

    def show(self, rows):
        """Take rows of character codes; returns at once. Rows are the caller's buffers."""
        self._wanted = [bytes(row) for row in rows]

    async def run(self):
        """The display's task: bring what show() was given to the glass, forever."""
        self.online = True
        while True:
            if self._wanted != self._shown:
                self._shown = self._wanted
                for row in self._shown:
                    print(self._mark + "".join([chr(code) for code in row]))
            await asyncio.sleep_ms(200)
