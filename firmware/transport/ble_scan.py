"""What a Bluetooth scan hears, for whoever does not know his unit yet: packlog scan, finder.py."""

import errno

import aioble
from aioble.device import DeviceTimeout
from micropython import const

from transport import ble, ble_radio

PASSING = True

_MOST = const(50)  # devices that are listed
# Fields of an advertisement: see ble_radio.field()
_NAME = const(8)
_SERVICES = const(2)
_MAKER = const(0xFF)


async def scan(seconds=5):
    """What is heard within that time, while links are up: [(address, name, RSSI in dBm, UUIDs
    of 16 bits of the services it says it has, the maker's number or None)]. OSError,
    asyncio.TimeoutError.
    """
    if ble.lost:
        raise OSError(errno.ENODEV)
    heard = {}

    def hear(data):
        kind, address, _, rssi, advertisement = data
        key = (kind, bytes(address))
        if key in heard or len(heard) < _MOST:
            name, _, services, maker = heard.get(key, (b"", 0, b"", b""))
            services = ble_radio.field(advertisement, _SERVICES) or services
            maker = maker or ble_radio.field(advertisement, _MAKER)[:2]
            name = ble_radio.field(advertisement, _NAME) or name
            heard[key] = (name, rssi, services, maker)

    lock = ble_radio.lock  # shutdown() makes another one
    with DeviceTimeout(None, ble.TURN[1]):
        await lock.acquire()
    try:
        await ble_radio.scan_until(int(1000 * seconds), hear, lambda: False)
    finally:
        lock.release()
    found = []
    for key, (name, rssi, services, maker) in heard.items():
        name = "".join([chr(byte) if 32 <= byte < 127 else "?" for byte in name])
        pairs = range(0, len(services) - 1, 2)
        uuids = [services[i] | services[i + 1] << 8 for i in pairs]
        number = int.from_bytes(maker, "little") if maker else None
        found.append((aioble.Device(*key).addr_hex(), name, rssi, uuids, number))
    return found
