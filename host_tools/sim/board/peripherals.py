"""The hardware around the virtual board's VM: flash, I2C, pins and UARTs, as one thing that
answers.

Every answer says how long the operation took in us of board time.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from host_tools.sim.board import i2c
from host_tools.sim.board.flash import Flash
from host_tools.sim.board.process import Request
from host_tools.sim.board.uart import Uart, Wire
from host_tools.sim.board.world import World
from host_tools.sim.vm import ops

ENODEV = 19


class Device(Protocol):
    """A radio or the like: it answers its range of ops, and has things happen on its own."""

    ops: range
    bit: int  # of a wait for its streams; 0: it has none

    def handle(self, r: Request, now: int) -> "Answer":
        """Do what the VM asks for."""

    def watch(self, streams: bytes) -> None:
        """A wait begins for these of its streams: pairs of their numbers and events."""

    def ready(self, now: int) -> bool:
        """Has one of the watched streams something?"""

    def has_events(self) -> bool:
        """Is there something for the VM's interrupt handler?"""

    def next_us(self, now: int) -> int | None:
        """When something of the kind may happen, None if never; the World's timers aside."""

    def reset(self) -> None:
        """The chip was reset or lost its power: connections are gone."""


@dataclass
class Wiring:
    """What is connected to the board's pins, and its radios."""

    wires: dict[int, Wire] = field(default_factory=dict)  # RX pin -> what comes in there
    buses: dict[tuple[int, int], i2c.Bus] = field(default_factory=dict)  # (SCL, SDA) -> bus
    inputs: dict[int, int] = field(default_factory=dict)  # pin -> level it is held at
    output: Callable[[int, int, int], None] = lambda pin, level, now_us: None
    devices: list[Device] = field(default_factory=list)
    world: World | None = None  # what the radios talk to


class Answer(NamedTuple):
    """What the VM gets."""

    took: int = 0
    value: int = 0
    data: bytes = b""
    errno: int = 0


class Peripherals:
    """The board's hardware: handle() for everything that is not time or power."""

    def __init__(self, flash: Flash, wiring: Wiring):
        self.flash = flash
        self.wiring = wiring
        self.uarts: dict[int, Uart] = {}
        self.lost = 0  # bytes that UARTs closed since then had lost

    def reset(self) -> None:
        """The chip's own parts forget what they were set to."""
        for number in list(self.uarts):
            self._close(number)
        for device in self.wiring.devices:
            device.reset()
        self.settle()

    def settle(self) -> None:
        """Let the world around the board do what is due."""
        if self.wiring.world:
            self.wiring.world.settle()

    def lost_bytes(self) -> int:
        """Bytes that came over a UART and found no room."""
        return self.lost + sum(uart.lost for uart in self.uarts.values())

    def handle(self, r: Request, now: int) -> Answer:
        """Do what the VM asks for. PowerCut: the power went while the flash was at work."""
        if r.op in (ops.ERASE, ops.PROGRAM):
            return self._flash(r, now)
        if r.op in (ops.I2C_WRITE, ops.I2C_READ, ops.I2C_SCAN):
            return self._i2c(r, now)
        if r.op == ops.PIN_WRITE:
            self.wiring.output(r.a, r.value, now)
            return Answer()
        if r.op == ops.PIN_READ:
            return Answer(value=self.wiring.inputs.get(r.a, r.value))
        for device in self.wiring.devices:
            if r.op in device.ops:
                answer = device.handle(r, now)
                self.settle()
                return answer
        if r.op in ops.NETWORK or r.op in ops.BLUETOOTH:
            return Answer(errno=ENODEV)
        return self._uart(r, now)

    def watch(self, mask: int, streams: bytes) -> None:
        """The VM begins to wait for what the mask says."""
        for device in self.wiring.devices:
            if device.bit & mask:
                device.watch(streams)

    def has_events(self) -> bool:
        """Has a device something for the VM's interrupt handler?"""
        return any(device.has_events() for device in self.wiring.devices)

    def serves(self) -> bool:
        """Does a program of this computer talk to a device's server? Then time is not to fly."""
        return any(getattr(device, "serves", False) for device in self.wiring.devices)

    def ready(self, mask: int, now: int) -> int:
        """Which of those in the bit mask have something."""
        ready = self._uart_ready(mask, now)
        for device in self.wiring.devices:
            if device.bit & mask and device.ready(now):
                ready |= device.bit
        return ready

    def next_us(self, mask: int, now: int) -> int | None:
        """When one of those in the mask, a device or the world may have something; None: never."""
        first = self._next_uart(mask, now)
        for device in self.wiring.devices:
            due = device.next_us(now)
            if due is not None and (first is None or due < first):
                first = due
        if self.wiring.world:
            due = self.wiring.world.next_us()
            if due is not None and (first is None or due < first):
                first = due
        return first

    def _uart_ready(self, mask: int, now: int) -> int:
        ready = 0
        for number, uart in self.uarts.items():
            uart.advance(now)
            if uart.buffer and mask >> number & 1:
                ready |= 1 << number
        return ready

    def _next_uart(self, mask: int, now: int) -> int | None:
        first = None
        for number, uart in self.uarts.items():
            due = uart.ready_us(now) if mask >> number & 1 else None
            if due is not None and (first is None or due < first):
                first = due
        return None if first is None else int(first) + 1

    def _flash(self, r: Request, now: int) -> Answer:
        if r.op == ops.ERASE:
            took = self.flash.erase(r.value)
        else:
            took = self.flash.program(r.value, r.data)
        for uart in self.uarts.values():
            uart.advance(now)
            uart.stall(now + took)
        return Answer(took)

    def _i2c(self, r: Request, now: int) -> Answer:
        bus = self.wiring.buses.get((r.b >> 8, r.b & 255)) or i2c.Bus()
        try:
            if r.op == ops.I2C_WRITE:
                return Answer(bus.write(r.a, r.data, r.value, now))
            if r.op == ops.I2C_READ:
                took, data = bus.read(r.a, r.data[0], r.value, now)
            else:
                took, data = bus.scan(r.value)
            return Answer(took, data=data)
        except i2c.BusError as error:
            return Answer(error.took_us, errno=error.errno)

    def _close(self, number: int) -> None:
        uart = self.uarts.pop(number, None)
        self.lost += uart.lost if uart else 0

    def _uart(self, r: Request, now: int) -> Answer:
        if r.op == ops.UART_OPEN:
            self._close(r.a)
            size = struct.unpack("<I", r.data)[0]
            self.uarts[r.a] = Uart(self.wiring.wires.get(r.b), r.value, size, now)
        elif r.op == ops.UART_CLOSE:
            self._close(r.a)
        elif r.a not in self.uarts:
            return Answer(errno=ENODEV)
        else:
            uart = self.uarts[r.a]
            uart.advance(now)
            if r.op == ops.UART_WRITE:
                uart.write(r.data, now)
            if r.op == ops.UART_ANY:
                return Answer(value=len(uart.buffer))
            if r.op == ops.UART_READ:
                return Answer(data=uart.read(r.value))
        return Answer()
