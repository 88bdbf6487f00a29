"""Stands in for micropython-lib's aioble where that is not at hand: the central's part of its
interface, as far as packlog uses it, on the same `bluetooth` module.

It has aioble's limits too: one notification waits at a characteristic, the newest; a Device that
failed to connect says at its next connect that it is connected; one discovery at a time.
"""

from .core import GattError, config, stop
from .device import Device, DeviceDisconnectedError

__all__ = ("ADDR_PUBLIC", "ADDR_RANDOM", "Device", "DeviceDisconnectedError", "GattError")
__all__ += ("config", "stop")

ADDR_PUBLIC = 0
ADDR_RANDOM = 1
