"""A character LCD (HD44780 or compatible, 16x2 or 20x4) that heals itself.

show() says what is to stand on the glass and returns at once; run() is the task that keeps it
there: start-up with the data sheet's waits, then only the cells that changed, at most one row a
step. A display may be absent, lose its bus or its supply, and come back at any time: run() starts
it anew, 1 s to 5 s apart. What no error tells of (a glitch on E or on the supply) resync() heals.
"""

import asyncio

from lib import once

# DDRAM address of each row's first cell; a 20x4 has two lines of 40, folded
_ROWS = {(16, 2): b"\x00\x40", (20, 4): b"\x00\x40\x14\x54"}

_CLEAR, _HOME, _ENTRY, _OFF, _ON = 0x01, 0x02, 0x06, 0x08, 0x0C
_FOUR_BIT_TWO_LINES, _CGRAM, _DDRAM = 0x28, 0x40, 0x80

# A sleep of n ms can end up to 1 ms early, when the tick is about to change
_POWER_UP_MS = 50  # data sheet: 40
_WAKE_MS = 6  # 4.1
_CLEAR_MS = 4  # 1.52; slow clones take 2

_POLL_MS = 50
_CHECK_MS = 1_000
_RETRY_MIN_MS, _RETRY_MAX_MS = 1_000, 5_000
_GLYPH_RUN = 16


class LcdLost(OSError):
    """The display does not answer (errno, where). The only error that a bus raises."""


class Lcd:
    """columns x rows on a bus. glyphs: up to 8 custom characters of 8 bytes, codes 0..7.

    online: the display is there and started. losses: how often it was lost.

    bus: display/ has them. find() and alive() look for the display, nibbles() sends single nibbles
    (start-up) and write() one command and then characters, within the HD44780's times without
    looking at its busy flag: 37 us a command, 41 us a character. resync_ms: how often the display
    is to be written anew. It takes no state from the display: whatever fails is raised as LcdLost.
    """

    @once.start
    def __init__(self, bus, columns, rows, glyphs=b""):
        if (columns, rows) not in _ROWS:
            raise ValueError(f"display {columns}x{rows} is not known: 16x2 or 20x4")
        if len(glyphs) > 64 or len(glyphs) % 8:
            raise ValueError("up to 8 custom characters of 8 bytes each")
        self.columns = columns
        self.rows = rows
        self.online = False
        self.losses = 0
        self._bus = bus
        self._addresses = _ROWS[(columns, rows)]
        self._glyphs = glyphs
        self._wanted = bytearray(b" " * (columns * rows))
        self._shown = bytearray(columns * rows)
        self._unsure = 0  # bit a row: its content is unknown
        self._row = 0  # rows before this one are done; rows: all are
        self._first = self._count = 0

    def show(self, lines):
        """Take rows of character codes (bytes or bytearray); what they leave free becomes blank."""
        wanted = self._wanted
        columns = self.columns
        i = 0
        for row in range(self.rows):
            line = lines[row] if row < len(lines) else b""
            length = len(line)
            for column in range(columns):
                code = line[column] if column < length else 32
                if wanted[i] != code:
                    wanted[i] = code
                    self._row = 0
                i += 1

    def step(self):
        """Write one run of changed cells in one transfer. False: there is nothing left to write."""
        while self._row < self.rows:
            row = self._row
            if self._find_run(row):
                self._write_run(row)
                return True
            self._row += 1
        return False

    async def refresh(self):
        """Write every changed cell, letting other tasks run after each transfer."""
        while self.step():
            await asyncio.sleep_ms(0)

    async def start(self):
        """Find the display and start it from any state; show()'s cells are then due. LcdLost."""
        await self._bus.find()
        await asyncio.sleep_ms(_POWER_UP_MS)  # it may have got its supply just now
        await self._to_four_bit()
        self._command(_OFF)
        self._command(_CLEAR)
        await asyncio.sleep_ms(_CLEAR_MS)
        await self._set_up()
        self.online = True

    async def resync(self):
        """Bring a display in an unknown state back without a visible change on one that is well.

        Nothing is cleared or switched off: every register and every cell is written again."""
        await self._to_four_bit()
        self._command(_HOME)  # undoes a shifted view as well
        await asyncio.sleep_ms(_CLEAR_MS)
        await self._set_up()

    async def run(self):
        """Keep the display showing what show() said last, forever, whatever happens to it."""
        wait = _RETRY_MIN_MS
        while True:
            try:
                await self.start()
                wait = _RETRY_MIN_MS
                await self._serve()
            except LcdLost:
                if self.online:
                    self.online = False
                    self.losses += 1
            await asyncio.sleep_ms(wait)
            wait = min(2 * wait, _RETRY_MAX_MS)

    async def _serve(self):
        """Refresh until the display is lost."""
        bus = self._bus
        watch = bus.alive()  # a port that cannot be read back even now proves nothing
        age = 0
        while True:
            await self.refresh()
            await asyncio.sleep_ms(_POLL_MS)
            age += _POLL_MS
            if watch and age % _CHECK_MS == 0 and not bus.alive():
                raise LcdLost(0, "the display lost its supply")
            if age >= bus.resync_ms:
                age = 0
                await self.resync()

    async def _to_four_bit(self):
        """Get from 8-bit mode, or 4-bit mode in the middle of a byte, to 4-bit mode.

        On a running display the second nibble switches to one line and only the function set back:
        no waiting in between, then the eye does not see that millisecond."""
        self._bus.nibbles(b"\x03")
        await asyncio.sleep_ms(_WAKE_MS)
        self._bus.nibbles(b"\x03\x03\x02")
        self._command(_FOUR_BIT_TWO_LINES)

    async def _set_up(self):
        self._command(_ENTRY)
        glyphs = self._glyphs
        for i in range(0, len(glyphs), _GLYPH_RUN):
            self._bus.write(_CGRAM | i, glyphs, i, min(_GLYPH_RUN, len(glyphs) - i))
            await asyncio.sleep_ms(0)
        self._command(_ON)
        self._unsure = (1 << self.rows) - 1
        self._row = 0

    def _command(self, command):
        self._bus.write(command, b"", 0, 0)

    def _find_run(self, row):
        """Set _first and _count to the row's first run of cells to write, 0: none; returns _count.

        A single right cell inside is written again: a new address would cost as much."""
        if self._unsure >> row & 1:
            self._first = 0
            self._count = self.columns
            return self._count
        wanted = self._wanted
        shown = self._shown
        base = row * self.columns
        first = last = -1
        for i in range(base, base + self.columns):
            if wanted[i] != shown[i]:
                if first < 0:
                    first = i
                elif i > last + 2:
                    break
                last = i
        self._first = first - base
        self._count = last - first + 1 if first >= 0 else 0
        return self._count

    def _write_run(self, row):
        start = row * self.columns + self._first
        wanted = self._wanted
        shown = self._shown
        address = self._addresses[row] + self._first
        self._bus.write(_DDRAM | address, wanted, start, self._count)
        for i in range(start, start + self._count):
            shown[i] = wanted[i]
        self._unsure &= ~(1 << row)
