"""The I2C bus and the pins of the virtual board.

A transfer takes 9 bit times a byte and what the driver needs around it. Without a device at the
address the answer is ENODEV, with a stuck bus ETIMEDOUT, as on an ESP32.
"""

from typing import Protocol

ENODEV, ETIMEDOUT = 19, 116
OVERHEAD_US = 60
TIMEOUT_US = 20_000  # as the firmware asks for


class Device(Protocol):
    """A chip on the bus. Times are board times in us."""

    def start(self) -> None: ...

    def write(self, byte: int, now_us: int) -> None: ...

    def read(self, now_us: int) -> int: ...


class BusError(OSError):
    """The transfer failed; took_us says how long that took."""

    def __init__(self, errno: int, took_us: int):
        super().__init__(errno, "I2C")
        self.took_us = took_us


class Bus:
    """What is wired to one pair of pins."""

    def __init__(self):
        self.devices: dict[int, Device] = {}
        self.stuck = False
        self.bytes = 0  # that went over the bus, addresses included

    def _start(self, address: int, byte_us: float) -> Device:
        if self.stuck:
            raise BusError(ETIMEDOUT, TIMEOUT_US)
        if address not in self.devices:
            raise BusError(ENODEV, int(OVERHEAD_US + byte_us))
        self.bytes += 1
        self.devices[address].start()
        return self.devices[address]

    def write(self, address: int, data: bytes, frequency: int, now_us: int) -> int:
        """Write; returns how long it takes in us."""
        byte_us = 9e6 / frequency
        device = self._start(address, byte_us)
        for i, byte in enumerate(data):
            device.write(byte, int(now_us + OVERHEAD_US / 2 + (i + 2) * byte_us))
        self.bytes += len(data)
        return int(OVERHEAD_US + (len(data) + 1) * byte_us)

    def read(self, address: int, count: int, frequency: int, now_us: int) -> tuple[int, bytes]:
        """Read; returns how long it takes in us, and the bytes."""
        byte_us = 9e6 / frequency
        device = self._start(address, byte_us)
        self.bytes += count
        data = bytes(device.read(int(now_us + (i + 2) * byte_us)) for i in range(count))
        return int(OVERHEAD_US + (count + 1) * byte_us), data

    def scan(self, frequency: int) -> tuple[int, bytes]:
        """The addresses that answer (a stuck bus shows none), and how long that takes in us."""
        found = b"" if self.stuck else bytes(sorted(self.devices))
        return int(112 * (OVERHEAD_US + 9e6 / frequency)), found
