"""A virtual board with everything wired to it as docs/wiring.md says: display, BMS, pack.

units/NAME.py knows how a BMS is reached: it joins its unit to the rig, as a wire, within reach of
the radio or in the home network.
A plan with a config gets the units and the display of that. Else the wiring is that of the example
config.json: the BMS's line on GPIO 16, the display's backpack (0x27) and a DS3231 on SCL 22 and
SDA 21, or the display's six wires on WIRES.
"""

import importlib
import socket
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.firmware import names, seen_as
from host_tools.ground.text import parse_json
from host_tools.ground.words import there_are
from host_tools.sim.board import ds3231, i2c
from host_tools.sim.board.board import Board, Settings
from host_tools.sim.board.ds3231 import Ds3231
from host_tools.sim.board.peripherals import Wiring
from host_tools.sim.board.uart import Wire
from host_tools.sim.board.world import World
from host_tools.sim.lcd import hd44780
from host_tools.sim.units.joining import BMS_PIN
from host_tools.sim.units.line import BAUD, Line
from host_tools.sim.units.pack import Pack
from host_tools.sim.vm.chips import CHIPS

import config
import recognise

if TYPE_CHECKING:
    from host_tools.sim.network.house_network import Home
    from host_tools.sim.radio.ble_unit import Peripheral
    from host_tools.sim.radio.bluetooth import Bluetooth

I2C_PINS = (22, 21)
BACKPACK = 0x27
WIRES = {"rs": 19, "e": 23, "d4": 18, "d5": 25, "d6": 5, "d7": 4}
HTTP_PORT = 80  # of the board, where the example config gets a web server
LOOPBACK = "127.0.0.1"
SIZES = {"20x4": (20, 4), "16x2": (16, 2)}
ADDRESS = "C8:47:8C:00:00:{:02X}"  # of the first, second ... unit within reach
RADIO_PYTHON = (3, 11)  # which bumble needs
INSTALL = ".venv/bin/pip install -e '.[radio]'"  # of what the simulated radio and network need


class NoRadio(PacklogError):
    """There is no simulated radio: a package is missing."""


def _missing(package: str | None) -> str:
    if sys.version_info < RADIO_PYTHON:
        return f"a simulated radio needs Python {'.'.join(map(str, RADIO_PYTHON))} or newer"
    return f"a simulated radio needs {package}: {INSTALL}"


def unit_module(bms: str):
    """The module of that kind's simulated unit. PacklogError if there is no such kind.

    It has join(rig, plan), which puts a unit into the rig and returns its Line, join_pack(rig,
    plan, section), which does it for a pack of a config.json, and pack_config(plan), what
    config.json says of a pack besides its name and kind.
    """
    if bms not in names("bms"):
        raise UsageError(f"no simulated BMS {bms!r}: {there_are(names('bms'))}")
    return importlib.import_module(f"host_tools.sim.units.{bms}")


def kind_of(section: dict) -> str:
    """The kind of the BMS of a pack. One that the logger has to find is what its name looks like,
    the first kind that Bluetooth reaches if it looks like none.
    """
    if section["bms"] != config.FIND_OUT:
        return section["bms"]
    table = seen_as()
    for kind, _, rows in table:
        patterns = [pattern for row in rows for pattern in row.get("name", ())]
        if any(recognise.matches(pattern, section["device"]) for pattern in patterns):
            return kind
    return table[0][0]


@dataclass(frozen=True)
class Config:
    """A config.json that a board is wired for: its text, what it says, is it to be installed?"""

    text: str
    settings: dict
    is_new: bool = False

    @property
    def packs(self) -> int:
        """How many it has."""
        return len(self.settings["packs"])

    def part(self, name: str) -> dict | None:
        """The section of a part as the file has it; None if it does not."""
        return parse_json(self.text.lstrip("\ufeff")).get(name)


@dataclass
class Plan:
    """What to build. capture: a file to play instead of simulating the BMS.

    config: what is on the board, or will be: it says which BMSs and display there are, not bms and
    lcd.
    """

    flash: Path
    config: Config | None = None
    bms: str = names("bms")[0]
    capture: Path | None = None
    link: Path | None = None
    speed: float = 1.0
    seed: int = 0
    ds3231: bool = False  # a clock chip on the I2C bus
    lcd: str = "20x4"
    wired_lcd: bool = False  # six wires instead of the backpack
    firmware: str = "1.26"  # of the Chargery
    jk_name: str = "JK-SIM"  # as it advertises itself
    jk_layout: str = "32S"  # or 24S
    jk_module: dict = field(default_factory=dict)  # more of ble_unit.Module
    wifi: bool = False  # a home network in reach: network/house_network.py
    http_port: int | None = None  # of this computer, for the board's web server; 0: any free one
    broker_port: int | None = None  # of an MQTT broker on this computer: it is in that network
    start_unix_s: float | None = None  # the time there when the board is first switched on; or now
    settings: dict = field(default_factory=dict)  # more of board.Settings


def check_names(plan: Plan) -> None:
    """UsageError if something in it does not exist."""
    unit_module(plan.bms)
    chip = plan.settings.get("chip")
    if chip and chip not in CHIPS:
        raise UsageError(f"no chip {chip!r}: {there_are(CHIPS)}")
    if plan.lcd not in SIZES:
        raise UsageError(f"no display {plan.lcd!r}: {there_are(SIZES)}")


class Rig:
    """The board and what is around it; pack is None when a capture is played."""

    def __init__(self, plan: Plan):
        check_names(plan)
        self.pack: Pack | None = None
        self.board: Board | None = None
        self.bluetooth: Bluetooth | None = None
        self.home: Home | None = None
        self.url: str | None = None  # of the board's web server, on this computer
        self._start_unix_s = plan.start_unix_s
        self.wiring = Wiring()
        self.bus = i2c.Bus()
        self.backpack: hd44780.Backpack | None = None
        lcd = plan.config.settings["lcd"] if plan.config else {}
        size = (lcd["columns"], lcd["rows"]) if lcd else SIZES[plan.lcd]
        self.lcd = hd44780.Hd44780(*size)
        self._i2c_pins = (lcd.get("scl", I2C_PINS[0]), lcd.get("sda", I2C_PINS[1]))
        self._address = lcd.get("address") or BACKPACK
        self._wires = {key: lcd.get(key, pin) for key, pin in WIRES.items()}
        self.line = self._join_units(plan)  # its faults can be switched on
        kind = lcd.get("kind", "gpio" if plan.wired_lcd else "i2c")
        if kind != "none":
            self.connect_lcd(kind == "gpio")
        self.ds3231: Ds3231 | None = None
        chip = plan.config.part("ds3231") if plan.config else None
        if plan.ds3231 or chip is not None:
            self._add_ds3231(plan.flash, chip or {})
        more = {"flash": plan.flash, "link": plan.link, "speed": plan.speed, "wiring": self.wiring}
        self.board = Board(Settings(**(more | plan.settings)))

    def _join_units(self, plan: Plan) -> Line:
        """What is around the board; returns the first pack's line."""
        if plan.config:
            line, *_ = [self._join_pack(plan, number) for number in range(plan.config.packs)]
            if "wifi" in plan.config.settings["parts"]:
                self._furnish(plan)
            return line
        line = unit_module(plan.bms).join(self, plan)
        if plan.wifi or plan.broker_port or plan.http_port is not None:
            self.add_home()
        if plan.http_port is not None:
            self._publish(plan, HTTP_PORT)
        if plan.broker_port:
            self.home.join_broker(plan.broker_port)
        return line

    def _publish(self, plan: Plan, port: int) -> None:
        """Let the board's web server be on this computer, too."""
        try:
            with socket.create_server((LOOPBACK, plan.http_port)) as found:
                real_port = found.getsockname()[1]
        except OSError as error:
            raise PacklogError(f"--http {plan.http_port}: {error.strerror}") from None
        self.home.network.publish(port, real_port)
        self.url = f"http://{LOOPBACK}:{real_port}/"

    def _furnish(self, plan: Plan) -> None:
        home = self.add_home()
        if plan.http_port is not None:
            self._publish(plan, plan.config.settings["http"]["port"])
        from host_tools.sim.network import as_configured

        as_configured.furnish(home, plan.config.settings, plan.broker_port)

    def _join_pack(self, plan: Plan, number: int) -> Line:
        """The unit of a pack of the config. Each has days of its own; a capture is the first's."""
        own = replace(plan, seed=plan.seed + number, capture=None if number else plan.capture)
        section = plan.config.settings["packs"][number]
        return unit_module(kind_of(section)).join_pack(self, own, section)

    def wire(self, line: Line, pin: int = BMS_PIN, baudrate: int = BAUD) -> None:
        """Connect what a unit sends to that pin of the board; to what is there, it joins."""
        if pin in self.wiring.wires:
            self.wiring.wires[pin].others.append(line)
        else:
            self.wiring.wires[pin] = Wire(line, baudrate)

    def put_within_reach(self, name: str, unit: Line, seed: int, module: dict) -> "Peripheral":
        """Put a unit near the board's Bluetooth. module: more of ble_unit.Module."""
        radio = self._radio()
        from host_tools.sim.radio.ble_unit import Module

        address = ADDRESS.format(len(radio.units) + 1)
        return radio.add(unit, Module(**{"name": name, "address": address} | module), seed)

    def add_home(self) -> "Home":
        """The home network: WiFi, DNS, NTP, and what is added to it."""
        if self.home is None:
            try:
                from host_tools.sim.network.house_network import Home
            except ImportError as error:
                message = f"a simulated network needs {error.name}: {INSTALL}"
                raise PacklogError(message) from None
            self.home = Home(self._world(), self._start_unix_s)
            self.wiring.devices.append(self.home.network)
        return self.home

    def _add_ds3231(self, flash: Path, section: dict) -> None:
        pins = (section.get("scl", -1), section.get("sda", -1))
        kept = flash.with_name(flash.name + ".ds3231")
        self.ds3231 = Ds3231(lambda: self.board.now if self.board else 0, kept)
        self.bus.devices[ds3231.ADDRESS] = self.ds3231
        self.wiring.buses[self._i2c_pins if -1 in pins else pins] = self.bus

    def close(self) -> None:
        """Take the board apart. Flash image and clock chip keep what they have."""
        if self.ds3231:
            self.ds3231.keep()
        self.board.close()

    def _world(self) -> World:
        if self.wiring.world is None:
            self.wiring.world = World()
            if self.board:
                self.wiring.world.go_by(lambda: self.board.now)
        return self.wiring.world

    def _radio(self) -> "Bluetooth":
        """The board's Bluetooth: there is one once a unit is within reach."""
        if self.bluetooth is None:
            try:
                from host_tools.sim.radio.bluetooth import Bluetooth
            except ImportError as error:
                raise NoRadio(_missing(error.name)) from None
            self.bluetooth = Bluetooth(self._world())
            self.wiring.devices.append(self.bluetooth)
        return self.bluetooth

    def connect_lcd(self, wired: bool = False) -> None:
        """Plug the display in."""
        if wired:
            data = tuple(self._wires[key] for key in ("d4", "d5", "d6", "d7"))
            self.wiring.output = hd44780.Wires(self.lcd, self._wires["rs"], self._wires["e"], data)
            return
        self.backpack = self.backpack or hd44780.Backpack(self.lcd)
        self.bus.devices[self._address] = self.backpack
        self.wiring.buses[self._i2c_pins] = self.bus

    def unplug_lcd(self) -> None:
        """Pull the display's plug: it loses its supply and the bus its device."""
        self.bus.devices.pop(self._address, None)

    def replug_lcd(self) -> None:
        """Plug it in again: it starts from nothing."""
        self.backpack.power_cycle(self.board.now)
        self.connect_lcd()
