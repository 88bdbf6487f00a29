"""A board that is held although its logger has not come up yet."""

from host_tools.board import status
from host_tools.board.device import Device
from host_tools.board.script import script


def let_it_start(device: Device) -> None:
    """A board that was interrupted while it starts has no logger yet that could be asked or told
    something: let it come up, and interrupt it again.
    """
    if device.run(script("is_starting")).strip() != "yes":
        return
    device.restart()
    for line in device.lines(status.START_S):
        if status.any_line(line) or status.trouble(line):
            break
    device.interrupt()
