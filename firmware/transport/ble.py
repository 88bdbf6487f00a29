"""A BMS over Bluetooth LE that speaks through one notify characteristic, on aioble.

Every stage of a link has a timeout. Times are in ms unless named _s. ble_radio.py is what all links
share; ble_scan.py lists what is in reach.
"""

import asyncio
import errno
import os
import time

import aioble
import bluetooth
from aioble import core
from aioble.device import DeviceConnection, DeviceDisconnectedError, DeviceTimeout
from micropython import const

from lib import once
from transport import ble_radio
from transport.ble_radio import ask, characteristics, field, first_with

NEEDS = ("aioble",)
KEYS = {
    "address": ("mac", (), ""),
    "device": ("trimmed", 20, ""),
    "pin": ("passkey", 6, ""),  # a text: it may begin with 0
}
ASK = {"address": "Its name, or its address (c8:47:8c:00:00:01)"}
RULES = (
    {
        "rule": "one_of",
        "keys": ("device", "address"),
        "words": "its device (the name) or its address: packlog scan",
    },
    {"rule": "unique", "keys": ("address",)},
    {"rule": "unique", "keys": ("device",)},
    {
        "rule": "fixed",
        "for": "wifi.networks",
        "key": "wifi.power_save",
        "value": True,
        "words": "both radios are one",
    },
    # As stock firmware is built: CONFIG_BT_NIMBLE_MAX_CONNECTIONS
    {"rule": "most", "count": 4},
)

# (what it does, its timeout, what the display says if it failed)
TURN = ("Waiting for radio", 30000, "Radio busy")
SEARCH = ("Searching ", 6000, "Not heard: app open?")  # a unit in use does not advertise
CONNECT = ("Connecting", 8000, "Connecting failed")
FIND = ("Asking services", 5000, "No such service")
SUBSCRIBE = ("Subscribing", 3000, "Subscribing failed")
DELAYS = (1, 1, 2, 3, 5, 10)  # s before the next attempts
MTU_MS = 2000
WRITE_MS = 2000
CLOSE_MS = 3000

_HOLD_S = const(60)  # at most so long does a released link stay in one run()
_MTU = const(247)  # a JK sends 244 bytes at most, and what fits one packet is not reassembled
_RING = const(1024)  # what a unit says in answer to all that it is asked
_MUTE = const(3)  # links without a word from a unit that was never heard: then it is paired with
_WRITE_SIZE = const(20)  # fits any MTU: the BMS sees a stream in any case

# Errors of a unit that wants the link to be encrypted, or that a passkey was used for that
ENCRYPT = (0x105, 0x108, 0x10C, 0x10F)
_NAME = const(8)  # a field of an advertisement: see ble_radio.field()
# What a characteristic can do
_WRITE_NO_RESPONSE = const(4)
_WRITE = const(8)
_NOTIFY = const(16)

lost = False  # the radio had to be left out: see radios.py
_chunk = bytearray(256)  # what a decoder is fed with


class LinkLost(OSError):
    """The link could not be made, or ended: errno and what the display says."""


@once.packs
def claim(section):
    """Switch the radio on. ValueError if aioble is of a version that this module does not know."""
    # Not in its documentation, but this module goes by them
    if not hasattr(core, "ble_irq") or not hasattr(DeviceConnection, "_connected"):
        raise ValueError(
            "This aioble does not fit: packlog install puts the right one on the board"
        )
    try:
        if not section["pin"]:
            os.stat(ble_radio.SECRETS)
        ble_radio.load_keys()  # first: the radio asks for keys when it is switched on
    except OSError:
        pass  # no unit has been paired with
    core.ensure_active()


@once.packs
def make(settings, parameters, board):
    """The link that a pack's settings describe; parameters are the UUIDs of its BMS."""
    return BleLink(settings["address"], settings["device"], parameters, settings["pin"])


class BleLink:
    """A unit with this address ("c8:47:8c:00:00:01"), or without one, this advertised name.

    uuids: of the service, and of its characteristics notify and write, which can be one; of
    another service, notify_service, if notify is not in the same one; and of key, to which word is
    written once before anything else, if a unit does not answer without. pin: the passkey of a unit
    that wants one.
    """

    delays = DELAYS
    idle = "Link up, no data"

    @once.packs
    def __init__(self, address, device, uuids, pin=""):
        self.counters = {"connects": 0, "overflows": 0}
        self._pin = pin
        self._mute = 0  # links without a word; None once there was one
        self._named = not address
        self._wanted = aioble.Device(0, address).addr if address else device.encode()
        self._label = ".." + address[-8:] if address else device
        self._service = bluetooth.UUID(uuids["service"])
        other = uuids.get("notify_service")
        self._notifies = bluetooth.UUID(other) if other else None  # the other service
        self._notify = bluetooth.UUID(uuids["notify"])
        self._write = bluetooth.UUID(uuids["write"])
        self._word_to = bluetooth.UUID(uuids["key"]) if "key" in uuids else None
        self._word = uuids.get("word")
        self._mtu = _MTU
        self._target = None  # (kind of address, address) of the unit that was heard
        self._device = None
        self._key = None  # in ble_radio.links
        self._until = None  # released until then, in ticks
        self.state = None
        # Written at head by the interrupt, read at tail by the task: neither writes the other's
        self._ring = bytearray(_RING)
        self._head = self._tail = 0

    def stop(self):
        """The logger ends: let go of every unit. A JK takes one client at a time, and the next one
        should get in.
        """
        ble_radio.shutdown()

    def release(self, seconds):
        """Let somebody else have the unit for so long; 0 takes it back."""
        self._until = time.ticks_add(time.ticks_ms(), 1000 * min(seconds, 86400))
        self.state = "Released"

    async def run(self, feed, request):
        """Open the link and call feed(buffer, count) with what comes; request() is asked every
        second for bytes to send. LinkLost when it fails; returns when it was released.
        """
        try:
            if await self._is_free():
                await self._attempt(self._open())
                await self._pump(feed, request)
        finally:
            await self._close()

    async def _is_free(self):
        """Wait as long as the link is released, at most _HOLD_S."""
        for _ in range(_HOLD_S):
            left = 0
            if self._until is not None:
                left = time.ticks_diff(self._until, time.ticks_ms())
            if left <= 0:
                self._until = None
                return True
            self.state = "Released " + str(-(-left // 60000)) + " min"
            await asyncio.sleep(1)

    def _stage(self, stage, connection=None):
        self.state, ms, self._trouble = stage
        return DeviceTimeout(connection, ms)

    async def _attempt(self, work):
        """Whatever goes wrong in aioble and below is a LinkLost here."""
        try:
            return await work
        except asyncio.TimeoutError:
            error = None
        except OSError as e:
            error = e.errno
        except (
            DeviceDisconnectedError,
            core.GattError,
            ValueError,
            TypeError,
            AssertionError,
            KeyError,
        ):  # aioble's ways to say that the connection went away meanwhile, or the radio
            error = errno.ECONNRESET
        self._fail(error or errno.ETIMEDOUT)

    def _fail(self, error):
        self.state = self._trouble
        raise LinkLost(error, self._trouble)

    async def _open(self):
        lock = ble_radio.lock
        with self._stage(TURN):
            await lock.acquire()
        try:
            await self._search()
            if self._until is None:
                if not self._target:
                    self._fail(errno.ETIMEDOUT)
                await self._subscribe(await self._connect())
        except BaseException:
            await self._close()  # before the next link's turn: a discovery that hangs keeps it out
            raise
        finally:
            lock.release()

    async def _search(self):
        what, ms, not_heard = SEARCH
        self.state, self._trouble = (what + self._label)[:20], "Bluetooth failed"
        self._target = None
        if lost:
            raise OSError(errno.ENODEV)
        await ble_radio.scan_until(ms, self._heard, lambda: self._target or self._until is not None)
        self._trouble = not_heard

    def _heard(self, data):
        kind, address, _, _, advertisement = data
        name = field(advertisement, _NAME)
        if (name if self._named else address) == self._wanted:
            self._target = (kind, bytes(address))

    async def _connect(self):
        # A new one for each attempt: one that failed says at once that it is connected
        self._device = aioble.Device(*self._target)
        if ble_radio.keys:
            ble_radio.keys.prepare(self._pin)
        with self._stage(CONNECT):
            # The radio gives up a little earlier: nothing may come of the attempt later
            connection = await ble_radio.connect(self._device, 7900)
        if self._mtu:
            try:
                await connection.exchange_mtu(self._mtu, MTU_MS)
            except asyncio.TimeoutError:
                # NimBLE gives the next answer to the oldest question: this connection is of no use
                # any more. The next one does without: 20 bytes at a time are slower, that is all
                self._mtu = 0
                raise
            except OSError:
                pass
        return connection

    async def _subscribe(self, connection):
        found = writers = places = []
        with self._stage(FIND, connection):
            service = await connection.service(self._service)
            if service:
                places = await characteristics(service, self._word_to) if self._word_to else ()
                found = writers = await characteristics(service, self._write)
                if self._notifies:
                    service = await connection.service(self._notifies)
                if self._notifies or self._write != self._notify:
                    found = await characteristics(service, self._notify) if service else ()
        # One UUID can stand for two characteristics: what they can do tells which is which
        notify = first_with(found, _NOTIFY)
        self._writer = first_with(writers, _WRITE_NO_RESPONSE) or first_with(writers, _WRITE)
        if not notify or not self._writer:
            self._fail(errno.ENODEV)
        self._head = self._tail = 0
        self._key = connection._conn_handle << 16 | notify._value_handle
        ble_radio.links[self._key] = self
        # A plain link first, unless there is a PIN, a bond, or a unit that was never heard on such
        keys = ble_radio.keys
        pairs = self._pin or self._mute == _MUTE or (keys and keys.has(self._target[1]))
        if self._mute is not None:
            self._mute += 1
        if pairs or not await self.turn_on(connection, notify):
            ble_radio.load_keys()
            await ble_radio.keys.open(self, connection, notify)
        self.delays = DELAYS
        await self._say_word(places, connection)
        self.counters["connects"] += 1

    async def _say_word(self, places, connection):
        """Write the word without which some units answer nothing."""
        with self._stage(SUBSCRIBE, connection):
            for place in places:
                answered = not place.properties & _WRITE_NO_RESPONSE
                await place.write(self._word.encode(), answered, WRITE_MS)

    async def turn_on(self, connection, notify):
        """Subscribe. Returns False if the unit wants the link to be encrypted."""
        with self._stage(SUBSCRIBE, connection):
            try:
                await notify.subscribe()
            except core.GattError as error:
                if error._status not in ENCRYPT:
                    raise
                return False
        return True

    def _take(self, piece):
        """Keep a notification; for the interrupt: allocates nothing."""
        self._mute = None
        head = self._head
        if len(piece) > (self._tail - head - 1) % _RING:
            self.counters["overflows"] += 1
            return
        ring = self._ring
        for byte in piece:
            ring[head] = byte
            head = (head + 1) % _RING
        self._head = head

    def _drain(self, feed):
        """Returns True if the decoder wants to ask its next question now."""
        more = False
        head, tail = self._head, self._tail
        while tail != head:
            count = 0
            while tail != head and count < len(_chunk):
                _chunk[count] = self._ring[tail]
                count += 1
                tail = (tail + 1) % _RING
            self._tail = tail
            more = feed(_chunk, count) or more
        return more

    async def _pump(self, feed, request):
        polls = 0
        connection = self._device and self._device._connection
        self.state, self._trouble = None, "Connection lost"
        while self._until is None:
            if self._drain(feed):
                polls = 0
            if not (connection and connection.is_connected() and (polls or ble_radio.ble.active())):
                self._fail(errno.ECONNRESET)
            data = b"" if polls else request()
            if data:
                await self._attempt(self._send(data))
            polls = (polls + 1) % (1000 // ble_radio.POLL_MS)
            await asyncio.sleep_ms(ble_radio.POLL_MS)

    async def _send(self, data):
        writer = self._writer
        answered = not writer.properties & _WRITE_NO_RESPONSE
        for i in range(0, len(data), _WRITE_SIZE):
            await writer.write(data[i : i + _WRITE_SIZE], answered, WRITE_MS)

    async def _close(self):
        """Let go of the unit, however far it came."""
        device, self._device = self._device, None
        if ble_radio.keys:
            ble_radio.keys.save()
        ble_radio.links.pop(self._key, None)
        self._key = None  # another link can have it next
        connection = device and device._connection
        if not connection:
            return
        handle = connection._conn_handle
        if handle is None:
            if ask(ble_radio.ble.gap_connect):
                # The radio takes no scan before that is over
                await asyncio.sleep_ms(ble_radio.POLL_MS)
        elif not ask(ble_radio.ble.gap_disconnect, handle):
            connection._event.set()  # aioble does not know yet, or is never told
        if connection._task:  # otherwise aioble is not waiting for its end
            for _ in range(CLOSE_MS // ble_radio.POLL_MS):
                if not connection.is_connected():
                    return
                await asyncio.sleep_ms(ble_radio.POLL_MS)
            connection._event.set()
