"""A DS3231 on the virtual board's I2C bus: registers, a clock that runs without the board's power.

Between two runs of the virtual board its time is kept in a file, as its battery would keep it.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

ADDRESS = 0x68
SIZE = 0x13  # registers
CONTROL, STATUS = 0x0E, 0x0F
STOPPED = 0x80  # in STATUS: the oscillator has stood still, the time is not valid
EPOCH = datetime(2000, 1, 1, tzinfo=timezone.utc)


class Ds3231:
    """board_us() is board time. drift_ppm: how much too fast it runs (a real one: 2 at most)."""

    def __init__(self, board_us: Callable[[], int], kept: Path | None = None, drift_ppm: float = 0):
        self._board_us = board_us
        self._kept = kept
        self.drift_ppm = drift_ppm
        self.registers = bytearray(SIZE)
        self.registers[CONTROL] = 0x1C
        self.registers[STATUS] = STOPPED | 0x08  # as a new one, or one whose battery was flat
        self._pointer = 0
        self._first = True  # the next byte that is written is the pointer
        self._since_us = 0  # board time at which it was
        self._at = EPOCH  # this
        self._load()

    # The battery

    def _load(self) -> None:
        if self._kept is None or not self._kept.exists():
            return
        stopped, chip_s, real_s = self._kept.read_text(encoding="utf8").split()
        if stopped == "0":
            self.set_to(float(chip_s) + time.time() - float(real_s))

    def keep(self) -> None:
        """Write the time to the file for the next run."""
        if self._kept is not None:
            stopped = int(self.stopped)
            self._kept.write_text(f"{stopped} {self.unix()} {time.time()}\n", encoding="utf8")

    def lose_battery(self) -> None:
        """The battery is flat and the board off: the chip starts anew."""
        self.registers[STATUS] |= STOPPED
        self._set(EPOCH)

    @property
    def stopped(self) -> bool:
        """The time is not valid."""
        return bool(self.registers[STATUS] & STOPPED)

    # The time

    def now(self) -> datetime:
        """What it says, with the fraction of a second that its registers leave out."""
        elapsed_us = (self._board_us() - self._since_us) * (1 + self.drift_ppm / 1e6)
        return self._at + timedelta(microseconds=elapsed_us)

    def unix(self) -> float:
        """The same in unix seconds."""
        return self.now().timestamp()

    def set_to(self, unix: float) -> None:
        """Set it, as something else than the board would."""
        self._set(datetime.fromtimestamp(unix, timezone.utc))
        self.registers[STATUS] &= ~STOPPED

    def _set(self, at: datetime) -> None:
        self._at, self._since_us = at, self._board_us()

    # As a device of the bus

    def start(self) -> None:
        """A transfer begins: the time is copied to the registers, which stand still meanwhile."""
        self._first = True
        now = self.now()
        numbers = (now.second, now.minute, now.hour, now.isoweekday(), now.day, now.month)
        for register, number in enumerate((*numbers, now.year % 100)):
            self.registers[register] = number // 10 << 4 | number % 10

    def read(self, now_us: int) -> int:
        """The byte at the pointer, which moves on."""
        value = self.registers[self._pointer]
        self._pointer = (self._pointer + 1) % SIZE
        return value

    def write(self, byte: int, now_us: int) -> None:
        """The pointer, or what goes there. A second begins when one is written."""
        if self._first:
            self._first, self._pointer = False, byte % SIZE
            return
        register = self._pointer
        if register == STATUS:
            byte = byte & ~STOPPED | byte & self.registers[STATUS] & STOPPED  # can only be cleared
        self.registers[register] = byte
        self._pointer = (register + 1) % SIZE
        if register == 6:
            self._take_over()

    def _take_over(self) -> None:
        second, minute, hour, _, day, month, year = (
            (byte >> 4) * 10 + (byte & 15) for byte in self.registers[:7]
        )
        self._set(datetime(2000 + year, month, day, hour, minute, second, tzinfo=timezone.utc))
