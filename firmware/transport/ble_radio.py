"""The radio that all Bluetooth links share: what it tells, who listens, the keys of bonds.

Scanning, connecting and discovery are for one link at a time: whoever holds the lock. Of aioble two
things are not used: its queue of one notification loses pieces of a frame, and its scan keeps
whatever it hears and waits for the scan's end without a timeout.
"""

import asyncio
import errno
import time

import aioble
from aioble import core
from aioble.device import DeviceConnection
from micropython import const

# Events of bluetooth.BLE.irq
_SCAN_RESULT = const(5)
_SCAN_DONE = const(6)
_CONNECTED = const(7)
_NOTIFIED = const(18)
_ENCRYPTION = const(28)  # and of the keys, after it
POLL_MS = 100  # looking often costs less than a flag that the loop polls every ms

SECRETS = "/ble_secrets.json"  # the keys of bonds: nothing copies it from the board

ble = core.ble
keys = None  # transport.pairing.Keys, once a unit has to be paired with
lock = asyncio.Lock()
links = {}  # connection handle << 16 | value handle: the link that it belongs to
_connecting = None  # the one that is being connected to
_hear = None  # who gets the advertisements
_scanning = False


def load_keys():
    """Load the module that pairs with units, if it is not there yet."""
    global keys
    if not keys:
        try:
            from transport.pairing import Keys

            keys = Keys(ble, SECRETS)
        except MemoryError:
            raise OSError(errno.ENOMEM)


def _irq(event, data):
    """On an ESP32 this runs on the radio's thread, between any two instructions of the firmware. An
    exception would make aioble deaf.
    """
    global _scanning
    if event == _NOTIFIED:
        handle, value, piece = data
        link = links.get(handle << 16 | value)
        if link:
            link._take(piece)
            return True  # nobody else's: spares aioble's client, which comes later, a copy
    elif event == _SCAN_RESULT:
        if _hear:
            _hear(data)
    elif event == _SCAN_DONE:
        _scanning = False
    elif event == _CONNECTED:
        connection = _connecting and _connecting._connection
        if not connection or connection._conn_handle != data[0]:
            ask(ble.gap_disconnect, data[0])  # nobody waits any more, and it keeps others out
    elif event >= _ENCRYPTION and keys:
        return keys.irq(event, data)


def _stopped():
    # The radio was switched off: of that aioble tells neither connections nor who waits for them.
    for connection in DeviceConnection._connected.values():
        connection._event.set()


core.register_irq_handler(_irq, _stopped)


def ask(procedure, argument=None):
    """Ask the radio to end something; False if there is nothing to end."""
    try:
        return procedure(argument) is not False
    except OSError:
        return False


def field(advertisement, kind):
    """The first field of this type or the next one, which has the whole where this one has a part;
    without padding, b"" if there is none.
    """
    i = 0
    while i + 1 < len(advertisement):
        if 0 <= advertisement[i + 1] - kind <= 1:
            return bytes(advertisement[i + 2 : i + 1 + advertisement[i]]).rstrip(b"\0 ")
        i += 1 + advertisement[i]
    return b""


def _activate():
    # After a stop of the radio the heap may have taken its memory
    try:
        core.ensure_active()
    except OSError as error:
        import radios

        radios.give_up("ble", error)


async def scan_until(ms, hear, enough):
    """Scan actively until enough(), at most for ms. hear(event data) is called by the interrupt."""
    global _hear, _scanning
    _activate()
    ble.irq(core.ble_irq)  # MicroPython takes the handler away when one has failed
    _hear = hear
    _scanning = True
    try:
        ble.gap_scan(ms, 60000, 30000, True)  # half of the time: WiFi has the same antenna
        for _ in range(ms // POLL_MS + 10):
            if enough() or not _scanning:
                return
            await asyncio.sleep_ms(POLL_MS)
        aioble.stop()  # not even the scan's end was heard: only a restart helps
    except OSError:
        aioble.stop()
        raise
    finally:
        _hear = None
        ask(ble.gap_scan)


async def connect(device, ms):
    """The connection to an aioble.Device, within ms."""
    global _connecting
    _connecting = device
    try:
        return await device.connect(None, ms)
    finally:
        _connecting = None


def shutdown():
    """Let go of every unit, from a finally: one that is not told stays taken. A tenth of a second
    each.

    What the event loop was doing is over: the next asyncio.run needs asyncio.new_event_loop().
    """
    global lock
    lock = asyncio.Lock()
    links.clear()
    if ble.active():
        ask(ble.gap_scan)
        ask(ble.gap_connect)
        for handle in DeviceConnection._connected:
            ask(ble.gap_disconnect, handle)
            time.sleep_ms(100)  # the units have to be told
        aioble.stop()


async def characteristics(service, uuid):
    """The service's characteristics with that UUID."""
    found = []
    async for each in service.characteristics(uuid):
        found.append(each)
    return found


def first_with(characteristics, flag):
    """The first of them that can do this, by handle."""
    for each in sorted(characteristics, key=lambda each: each._value_handle):
        if each.properties & flag:
            return each
