"""A virtual board with everything wired to it as docs/wiring.md says: display, BMS, pack.

The wiring is that of the example config.json: the BMS's line on GPIO 16, the display's backpack
(0x27) on SCL 22 and SDA 21, or its six wires on WIRES.
"""

from dataclasses import dataclass, field
from pathlib import Path

from host_tools.errors import PacklogError
from host_tools.sim import hd44780, i2c
from host_tools.sim.board import Board, Settings
from host_tools.sim.capture import Capture
from host_tools.sim.chargery import Unit
from host_tools.sim.line import Line
from host_tools.sim.pack import Pack
from host_tools.sim.peripherals import Wiring
from host_tools.sim.uart import Wire

BMS_PIN = 16
I2C_PINS = (22, 21)
BACKPACK = 0x27
WIRES = {"rs": 19, "e": 23, "d4": 18, "d5": 25, "d6": 5, "d7": 4}
SIZES = {"20x4": (20, 4), "16x2": (16, 2)}
KINDS = ("chargery",)


@dataclass
class Plan:
    """What to build. capture: a file to play instead of simulating the BMS."""

    flash: Path
    bms: str = "chargery"
    capture: Path | None = None
    link: Path | None = None
    speed: float = 1.0
    seed: int = 0
    lcd: str = "20x4"
    wired_lcd: bool = False  # six wires instead of the backpack
    firmware: str = "1.26"  # of the BMS
    settings: dict = field(default_factory=dict)  # more of board.Settings


class Rig:
    """The board and what is around it; pack is None when a capture is played."""

    def __init__(self, plan: Plan):
        if plan.bms not in KINDS:
            raise PacklogError(f"no simulated BMS {plan.bms!r}: there is {', '.join(KINDS)}")
        if plan.lcd not in SIZES:
            raise PacklogError(f"no display {plan.lcd!r}: there is {', '.join(SIZES)}")
        self.pack: Pack | None = None
        self.line = self._source(plan)  # its faults can be switched on
        self.lcd = hd44780.Hd44780(*SIZES[plan.lcd])
        self.bus = i2c.Bus()
        self.wiring = Wiring(wires={BMS_PIN: Wire(self.line)})
        self.backpack: hd44780.Backpack | None = None
        self.connect_lcd(plan.wired_lcd)
        more = {"flash": plan.flash, "link": plan.link, "speed": plan.speed, "wiring": self.wiring}
        self.board = Board(Settings(**(more | plan.settings)))

    def _source(self, plan: Plan) -> Line:
        if plan.capture:
            return Capture.from_file(plan.capture, loop=True)
        self.pack = Pack(seed=plan.seed)
        return Unit(self.pack, plan.firmware, seed=plan.seed)

    def add_pack(self, pin: int, seed: int) -> Line:
        """Another pack with a Chargery of its own on that pin."""
        line = Unit(Pack(seed=seed), seed=seed)
        self.wiring.wires[pin] = Wire(line)
        return line

    def connect_lcd(self, wired: bool = False) -> None:
        """Plug the display in."""
        if wired:
            data = tuple(WIRES[key] for key in ("d4", "d5", "d6", "d7"))
            self.wiring.output = hd44780.Wires(self.lcd, WIRES["rs"], WIRES["e"], data)
            return
        self.backpack = self.backpack or hd44780.Backpack(self.lcd)
        self.bus.devices[BACKPACK] = self.backpack
        self.wiring.buses[I2C_PINS] = self.bus

    def unplug_lcd(self) -> None:
        """Pull the display's plug: it loses its supply and the bus its device."""
        self.bus.devices.pop(BACKPACK, None)

    def replug_lcd(self) -> None:
        """Plug it in again: it starts from nothing."""
        self.backpack.power_cycle(self.board.now)
        self.connect_lcd()
