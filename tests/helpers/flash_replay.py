"""Power cuts at any flash operation, without doing again what led to it: the operations of one run
are recorded, and done once more on a copy of the flash up to the one that the cut hits.
"""

from pathlib import Path

from host_tools.sim.board.flash import Flash, PowerCut


class Recording:
    """The operations of a flash from here on."""

    def __init__(self, flash: Flash):
        self.operations: list[tuple] = []
        self._erase, self._program = flash.erase, flash.program
        flash.erase, flash.program = self.erase, self.program

    def erase(self, address):
        self.operations.append(("erase", address))
        return self._erase(address)

    def program(self, address, data):
        self.operations.append(("program", address, bytes(data)))
        return self._program(address, data)


def cut_short(start: bytes, operations: list[tuple], number: int, image: Path) -> Path:
    """A flash image as a power cut in that operation, counted from 1, leaves it."""
    image.write_bytes(start)
    flash = Flash(image)
    flash.cut_at = number
    try:
        for name, *arguments in operations:
            getattr(flash, name)(*arguments)
    except PowerCut:
        pass
    flash.close()
    return image
