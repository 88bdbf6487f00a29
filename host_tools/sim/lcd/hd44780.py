"""A character LCD on the virtual board: the HD44780 controller and the two ways to wire it.

Driven by its lines as the real chip is, with its start-up and busy times (data sheet ADE-207-272 at
270 kHz): what comes too early is not carried out, and stands in violations. Times are passed in, as
board time in us. With four wires D0..D3 are open and their pull-ups read as ones.
"""

from host_tools.sim.lcd import font

POWER_UP_US = 40_000
WAKE_US = (4_100, 100)  # the first two function sets after power-up take longer
COMMAND_US, DATA_US, HOME_US = 37, 41, 1_520
LINE = 40  # cells of DDRAM a line
MAX_VIOLATIONS = 1_000

# Where the rows begin: (line, column of DDRAM)
LAYOUTS = {(16, 2): ((0, 0), (1, 0)), (20, 4): ((0, 0), (1, 0), (0, 20), (1, 20))}


class Hd44780:
    """The controller with its glass. violations: what the firmware did wrong, oldest first."""

    def __init__(self, columns: int = 20, rows: int = 4, now_us: int = 0):
        self.columns, self.rows = columns, rows
        self.layout = LAYOUTS[columns, rows]
        self.violations: list[str] = []
        self.power_cycle(now_us)

    def power_cycle(self, now_us: int) -> None:
        """Forget everything. What CGRAM holds then is undefined: here it is stripes."""
        self.ddram = bytearray(b" " * (2 * LINE))
        self.cgram = bytearray(b"\x15\x0a" * 32)
        self.four_bit = self.two_lines = self.on = self.cursor = self.blink = False
        self.increment, self.shifting = True, False
        self.address, self.in_cgram, self.shift = 0, False, 0
        self._wakes = 0
        self._ready = self._free = now_us + POWER_UP_US
        self._high: int | None = None  # first half of a byte, in 4-bit mode
        self._fetched: int | None = None  # second half of a byte being read
        self._early = self._deaf = False
        self._output: int | None = None
        self._lines = (0, 0, 0, 0)

    def drive(self, rs: int, rw: int, e: int, data: int, now_us: int) -> None:
        """Set the lines; data is D7..D4. Writes are latched when E falls."""
        was_rs, was_rw, was_e, was_data = self._lines
        self._lines = (rs, rw, e, data)
        if e and not was_e:
            self._rise(rs, rw, now_us)
            if not self._deaf and (rs, rw) != (was_rs, was_rw):
                self._complain(now_us, "RS or RW changed together with E rising")
        elif was_e and not e:
            if not was_rw and (rs, rw, data) != (was_rs, was_rw, was_data):
                self._complain(now_us, "lines changed together with E falling")
            self._fall(was_rs, was_rw, was_data, now_us)

    @property
    def output(self) -> int | None:
        """D7..D4 as the chip drives them during a read, None when it does not."""
        return self._output

    def _complain(self, now_us: int, what: str) -> None:
        if len(self.violations) < MAX_VIOLATIONS:
            self.violations.append(f"{now_us / 1000:.3f} ms: {what}")

    # The bus

    def _rise(self, rs: int, rw: int, now_us: int) -> None:
        self._deaf = now_us < self._ready
        if self._deaf:
            return
        if rw:
            self._output = self._fetch(rs, now_us)
        elif self._high is None:
            self._early = now_us < self._free

    def _fall(self, rs: int, rw: int, data: int, now_us: int) -> None:
        self._output = None
        if rw:
            return
        if self._deaf:
            self._complain(now_us, f"nibble 0x{data:X} within 40 ms of power-up")
        else:
            self._latch(rs, data, now_us)

    def _latch(self, rs: int, data: int, now_us: int) -> None:
        if self.four_bit:
            if self._high is None:
                self._high = data
                return
            data, self._high = self._high << 4 | data, None
        else:
            data = data << 4 | 0x0F
        if self._early:
            name = "data" if rs else "command"
            self._complain(now_us, f"{name} 0x{data:02X} while busy")
        elif rs:
            self._write(data)
            self._free = now_us + DATA_US
        else:
            self._free = now_us + self._execute(data, now_us)

    def _fetch(self, rs: int, now_us: int) -> int:
        if self._fetched is not None:
            low, self._fetched = self._fetched, None
            return low
        if not rs:
            byte = (0x80 if now_us < self._free else 0) | self.address & 0x7F
        else:
            if now_us < self._free:
                self._complain(now_us, "data read while busy")
            byte = self.cgram[self.address] if self.in_cgram else self.ddram[self._cell()]
            self._advance()
            self._free = now_us + DATA_US
        if self.four_bit:
            self._fetched = byte & 0x0F
        return byte >> 4

    # Instructions

    def _execute(self, command: int, now_us: int) -> int:
        """Carry out a command; returns how long the chip is busy with it."""
        for bit, action in enumerate(self._ACTIONS):
            if command >> bit == 1:
                return action(self, command, now_us) or COMMAND_US
        return COMMAND_US  # 0x00 does nothing

    def _clear(self, command: int, now_us: int) -> int:
        self.ddram[:] = b" " * len(self.ddram)
        self.increment = True
        return self._home(command, now_us)

    def _home(self, command: int, now_us: int) -> int:
        self.address, self.in_cgram, self.shift = 0, False, 0
        return HOME_US

    def _entry_mode(self, command: int, now_us: int) -> None:
        self.increment, self.shifting = bool(command & 2), bool(command & 1)

    def _switch(self, command: int, now_us: int) -> None:
        self.on, self.cursor, self.blink = bool(command & 4), bool(command & 2), bool(command & 1)

    def _move(self, command: int, now_us: int) -> None:
        right = command & 4
        if command & 8:
            self._shift_view(not right)
        else:
            self._step(1 if right else -1)

    def _function_set(self, command: int, now_us: int) -> int:
        self.four_bit = not command & 16
        self.two_lines = bool(command & 8)
        self._high = None
        self._wakes += 1
        return WAKE_US[self._wakes - 1] if self._wakes <= len(WAKE_US) else COMMAND_US

    def _point_cgram(self, command: int, now_us: int) -> None:
        self.address, self.in_cgram = command & 0x3F, True

    def _point_ddram(self, command: int, now_us: int) -> None:
        self.address, self.in_cgram = command & 0x7F, False
        if self.address % 64 >= LINE and self.two_lines:
            self._complain(now_us, f"there is no cell at DDRAM address 0x{self.address:02X}")

    _ACTIONS = (
        _clear, _home, _entry_mode, _switch, _move, _function_set, _point_cgram, _point_ddram
    )  # fmt: skip

    def _write(self, data: int) -> None:
        if self.in_cgram:
            self.cgram[self.address] = data & 0x1F
        else:
            self.ddram[self._cell()] = data
            if self.shifting:
                self._shift_view(self.increment)
        self._advance()

    def _cell(self) -> int:
        """The index into ddram of the address."""
        if not self.two_lines:
            return self.address % (2 * LINE)
        return self.address // 64 * LINE + self.address % 64 % LINE

    def _advance(self) -> None:
        self._step(1 if self.increment else -1)

    def _step(self, by: int) -> None:
        if self.in_cgram:
            self.address = (self.address + by) % 64
            return
        cell = (self._cell() + by) % (2 * LINE)
        self.address = cell // LINE * 64 + cell % LINE if self.two_lines else cell

    def _shift_view(self, left: bool) -> None:
        self.shift = (self.shift + (1 if left else -1)) % (LINE if self.two_lines else 2 * LINE)

    # What one sees

    def _visible(self, row: int, column: int) -> int | None:
        """The index into ddram of a place on the glass; None where one-line mode drives nothing."""
        line, start = self.layout[row]
        if self.two_lines:
            return line * LINE + (start + column + self.shift) % LINE
        return None if line else (start + column + self.shift) % (2 * LINE)

    def cells(self) -> list[bytes]:
        """The character codes behind the glass, a row each, whether or not it is switched on."""
        places = [[self._visible(r, c) for c in range(self.columns)] for r in range(self.rows)]
        return [bytes(0x20 if i is None else self.ddram[i] for i in row) for row in places]

    def text(self) -> list[str]:
        """The rows as one reads them; blank when the display is off.

        A custom character is the Unicode character that looks most like it (font.resembling)."""
        if not self.on:
            return [" " * self.columns] * self.rows
        return ["".join(self._character(code) for code in row) for row in self.cells()]

    def pixels(self) -> list[list[bytes]]:
        """For each cell of each row 8 rows of 5 dots, the leftmost dot in bit 4."""
        if not self.on:
            return [[bytes(8)] * self.columns for _ in range(self.rows)]
        glass = [[self._dots(code) for code in row] for row in self.cells()]
        if self.cursor and not self.in_cgram:
            for r in range(self.rows):
                for c in range(self.columns):
                    if self._visible(r, c) == self._cell():
                        glass[r][c] = glass[r][c][:7] + b"\x1f"
        return glass

    def _dots(self, code: int) -> bytes:
        if code < 16:
            return bytes(self.cgram[code % 8 * 8 : code % 8 * 8 + 8])
        return font.dots(code)

    def _character(self, code: int) -> str:
        return font.resembling(self._dots(code)) if code < 16 else font.character(code)


class Backpack:
    """A PCF8574 in front of an LCD, as a device of the virtual board's I2C bus.

    P0 RS, P1 RW, P2 E, P3 backlight, P4..P7 D4..D7. An output that is high is pulled up weakly,
    so a read shows what the LCD drives."""

    def __init__(self, lcd: Hd44780, now_us: int = 0):
        self.lcd = lcd
        self.power_cycle(now_us)

    def power_cycle(self, now_us: int) -> None:
        """Supply off and on: all port pins are high then."""
        self.lcd.power_cycle(now_us)
        self.write(0xFF, now_us)

    def start(self) -> None:
        """A transfer begins; each of its bytes counts."""

    @property
    def backlight(self) -> bool:
        return bool(self.port & 8)

    def write(self, byte: int, now_us: int) -> None:
        self.port = byte
        self.lcd.drive(byte & 1, byte >> 1 & 1, byte >> 2 & 1, byte >> 4, now_us)

    def read(self, now_us: int) -> int:
        driven = self.lcd.output
        return self.port if driven is None else self.port & (driven << 4 | 0x0F)


class Wires:
    """An LCD on six pins of the board, RW on ground: call it with each (pin, level, us)."""

    def __init__(self, lcd: Hd44780, rs: int, e: int, data: tuple[int, int, int, int]):
        self.lcd = lcd
        self._rs, self._e, self._data = rs, e, data  # pin numbers; data: D4 to D7
        self._levels = dict.fromkeys((rs, e, *data), 0)

    def __call__(self, pin: int, level: int, now_us: int) -> None:
        if pin not in self._levels:
            return
        levels = self._levels
        levels[pin] = level
        data = sum(levels[p] << i for i, p in enumerate(self._data))
        self.lcd.drive(levels[self._rs], 0, levels[self._e], data, now_us)
