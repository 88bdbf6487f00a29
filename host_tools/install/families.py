"""What there is to know of each family of ESP32 boards: the pins that the questions of a first
install offer and that docs/wiring.md shows, and where a MicroPython image goes in its flash.

Pins avoid the strapping pins, the flash's, USB's and the console's of the common boards. chip is
esptool's name for it, image_id what an image for it has in its header (both from esptool).
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """One family. Pins are GPIO numbers; wires are those of a display without a backpack."""

    name: str
    chip: str
    image_id: int
    image_offset: int
    boot_pin: int
    uart: int
    rx: int
    tx: int
    scl: int
    sda: int
    wires: tuple[int, int, int, int, int, int]  # RS, E, D4, D5, D6, D7
    bluetooth: bool = True
    more_uarts: tuple[int, ...] = ()  # for further BMSs; 0 is the console's

    @property
    def uarts(self) -> tuple[int, ...]:
        """Those that BMSs can have, the usual one first."""
        return (self.uart, *self.more_uarts)

    @property
    def free_pins(self) -> tuple[int, ...]:
        """Pins that can be had for a BMS or wires: those of an I2C display come last."""
        return (self.rx, self.tx, *self.wires, self.scl, self.sda)


WIRES = ("rs", "e", "d4", "d5", "d6", "d7")
FAMILIES = (
    Family(
        "ESP32 DevKit",
        *("esp32", 0, 0x1000, 0, 2, 16, 17, 22, 21, (19, 23, 18, 25, 26, 27)),
        more_uarts=(1,),
    ),
    Family(
        "ESP32-S2", "esp32s2", 2, 0x1000, 0, 1, 18, 17, 9, 8, (4, 5, 6, 7, 15, 16), bluetooth=False
    ),
    Family(
        "ESP32-S3 DevKitC",
        *("esp32s3", 9, 0, 0, 1, 18, 17, 9, 8, (4, 5, 6, 7, 15, 16)),
        more_uarts=(2,),
    ),
    Family("ESP32-C3 SuperMini", "esp32c3", 5, 0, 9, 1, 4, 5, 7, 6, (0, 1, 3, 10, 6, 7)),
    Family("ESP32-C6 DevKitC", "esp32c6", 13, 0, 9, 1, 18, 19, 7, 6, (0, 1, 2, 3, 10, 11)),
)
USUAL = FAMILIES[0]


def chip_of(machine: str) -> str | None:
    """The chip in what a board calls itself ("... module with ESP32C3"), None if it names none."""
    found = re.findall(r"ESP32(?:-?([SCHP]\d+))?", machine, re.I)
    return "esp32" + found[-1].lower() if found else None


def family_of(machine: str) -> Family:
    """The family of a board by what it calls itself; the usual one if that says nothing."""
    chip = chip_of(machine)
    return next((family for family in FAMILIES if family.chip == chip), USUAL)
