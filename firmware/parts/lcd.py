"""The display: what the packs and the logger have to show, drawn four times a second.

lcd.kind names the module of display/ that puts it on the glass.
"""

import asyncio
import time

from board import check_pins, module
from lib import once
from screen.pages import Screen
from screen.state import Health, PackView, health_lines
from store.retention import NO_SPACE

ORDER = 50
IN_USE = ("lcd.kind",)
KEYS = {
    "kind": ("thing", ("display", "none"), "i2c"),
    "columns": ("number", (16, 20), 20),
    "rows": ("number", (2, 4), 4),
    "page_s": ("number", (1, 60), 4),
}
RULES = (
    {
        "rule": "together",
        "keys": ("columns", "rows"),
        "values": ((16, 2), (20, 4)),
        "words": "a display has 16 columns and 2 rows, or 20 columns and 4 rows",
    },
)

DRAW_MS = 250


@once.start
def make(settings, board):
    """The part; the display's own task is another one. ValueError and OSError say what is wrong."""
    display = open_display(settings)
    board.tasks.append(("display", display.run))
    return Lcd(settings, board, display)


@once.start
def open_display(settings):
    """The display of that kind: it has show(rows), online and run()."""
    check_pins(settings, "lcd")
    return module("display", settings["kind"]).make(settings)


class Lcd:
    """settings: the section lcd of config.json. Of the board: packs, parts, complaints, values."""

    @once.start
    def __init__(self, settings, board, display):
        self._board = board
        self._display = display
        self._columns = settings["columns"]
        self._screen = Screen(self._columns, settings["rows"], 1000 * settings["page_s"])
        self._health = Health()
        self._newest = None  # the first of the values that were looked at
        self._views = [_view(pack) for pack in board.packs]

    async def run(self):
        """Draw, forever."""
        while True:
            self._board.shown = self._display.online
            self._display.show(self._draw(time.ticks_ms()))
            await asyncio.sleep_ms(DRAW_MS)

    def _draw(self, now):
        if not self._views:
            said = "; ".join(self._board.complaints) or _note(self._board) or ""
            return self._screen.message("packlog", said, now)
        self._look()
        return self._screen.render(self._views, self._health, now)

    def _look(self):
        """Bring what the screen is told up to date."""
        board = self._board
        health = self._health
        health.frames = 0
        health.storage_error = None
        health.note = _note(board)
        for i in range(len(self._views)):
            view, pack = self._views[i], board.packs[i]
            view.heard = pack.readings > 0
            view.age_ms = pack.hub.age_ms()
            view.rejected = pack.rejected_lately()
            view.strange = pack.strange_lately()
            view.tell_link(pack.link.state)
            health.frames += pack.history.frames
            health.storage_error = health.storage_error or trouble_of(pack.history.last_error)
        values = board.values
        if values and values[0] is not self._newest:
            self._newest = values[0]  # all of them would keep their RAM
            self._look_seldom()

    def _look_seldom(self):
        """The same for what is worked out as often as the status lines."""
        board = self._board
        if board.settings["health_page"]:
            self._health.lines = health_lines(board.values, self._columns)
        for i in range(len(self._views)):
            pack = board.packs[i]
            self._views[i].energy = pack.energy.values(pack.sample if pack.fresh() else None)


@once.start
def _view(pack):
    told = pack.hints, 1000 * pack.timeout_s, pack.errors, pack.link.idle
    return PackView(pack.name, pack.sample, *told)


def _note(board):
    """What else there is to know for the reader of the display."""
    if board.complaints:
        return board.complaints[0]
    for part in board.parts:
        state = getattr(part, "state", None)
        if state:
            return state
    return None


def trouble_of(error):
    """What the display says of the flash's last error; None if there was none."""
    if error is None:
        return None
    return "flash full" if error.errno == NO_SPACE else "flash error " + str(error.errno)
