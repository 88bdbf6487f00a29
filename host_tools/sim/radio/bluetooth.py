"""The board's Bluetooth radio: a Device between the VM's bluetooth module and the units around it.

Events wait until the VM takes them: as long as the flash is being erased it does not. NimBLE has
limited room for packets and advertisements in the meantime; what exceeds it is lost and counted.
"""

import struct
from collections import deque

from bumble.hci import Address
from host_tools.sim.board.peripherals import Answer
from host_tools.sim.board.process import Request
from host_tools.sim.board.world import World
from host_tools.sim.radio.ble_air import Air
from host_tools.sim.radio.ble_central import Central, wire_address
from host_tools.sim.radio.ble_security import Settings
from host_tools.sim.radio.ble_unit import Behind, Module, Peripheral
from host_tools.sim.vm import bluetooth_words as words
from host_tools.sim.vm import ops

ADDRESS = "02:00:5E:10:00:03"
PACKETS, REPORTS = 24, 8  # that ESP-IDF's NimBLE has room for
POOLS = {
    words.READ_RESULT: ("packets", PACKETS),
    words.NOTIFY: ("packets", PACKETS),
    words.INDICATE: ("packets", PACKETS),
    words.SCAN_RESULT: ("reports", REPORTS),
}


class Bluetooth:
    """The radio and the units around it. lost: packets and advertisements without room."""

    ops = ops.BLUETOOTH
    bit = 0  # nothing to wait for but events

    def __init__(self, world: World, seed: int = 0):
        self.world = world
        self.air = Air(world, seed)
        self.central = Central(self.air, Address(ADDRESS, Address.PUBLIC_DEVICE_ADDRESS), self.emit)
        self.units: dict[str, Peripheral] = {}
        self.lost = {"packets": 0, "reports": 0}
        self._events: deque[tuple[int, bytes, float]] = deque()
        self._waiting = {"packets": 0, "reports": 0}

    def add(self, unit: Behind, module: Module, seed: int = 0) -> Peripheral:
        """A unit within reach, found by its module's name."""
        self.units[module.name] = Peripheral(self.air, unit, module, seed)
        return self.units[module.name]

    def emit(self, event: int, body: bytes) -> None:
        """Something has happened that the VM is to be told."""
        now = self.world.time()
        pool, room = POOLS.get(event, ("", 0))
        if pool:
            # What comes at one time the VM takes at one time: only what is left over needs room.
            if self._waiting[pool] >= room and self._events[0][2] < now:
                self.lost[pool] += 1
                return
            self._waiting[pool] += 1
        self._events.append((event, body, now))

    def handle(self, r: Request, now: int) -> Answer:
        """See peripherals.Device."""
        try:
            return self._answer(r) or Answer()
        except OSError as error:
            return Answer(errno=error.errno)

    def _answer(self, r: Request) -> Answer | None:
        central = self.central
        if r.op == words.EVENTS:
            return Answer(data=self._take(r.value))
        if r.op == words.ACTIVE:
            if r.a < 2:
                central.activate(bool(r.a))
            return Answer(value=central.active)
        if r.op == words.ADDRESS:
            central.check_active()
            return Answer(data=b"\0" + wire_address(central.address))
        if r.op == words.MTU:
            central.set_mtu(r.value or central.mtu)
            return Answer(value=central.mtu)
        if r.op == words.SECURITY:
            bits = [bool(r.a & bit) for bit in (words.BOND, words.MITM, words.LE_SECURE)]
            central.security = Settings(*bits, io=r.b)
        elif r.op > words.EVENTS:
            return self._secure(r)
        elif r.op < words.SERVICES:
            self._air(r)
        else:
            self._gatt(r)
        return None

    def _secure(self, r: Request) -> Answer | None:
        security = self.central.client(r.b).security
        if r.op == words.PEER:
            return Answer(data=security.key)
        if r.op == words.PAIR:
            security.pair(self.central.security, r.data)
        elif r.op == words.PASSKEY:
            security.passkey(r.a, r.value)
        return None

    def _air(self, r: Request) -> None:
        central = self.central
        if r.op == words.SCAN:
            central.scan(*struct.unpack(words.SCAN_FORMAT, r.data), bool(r.a))
        elif r.op == words.SCAN_STOP:
            central.stop_scan()
        elif r.op == words.CONNECT:
            address, *times = struct.unpack(words.CONNECT_FORMAT, r.data)
            central.connect(Address(address[::-1], r.a), *times)
        elif r.op == words.CONNECT_CANCEL:
            central.cancel_connect()
        elif r.op == words.DISCONNECT:
            central.disconnect(r.b)

    def _gatt(self, r: Request) -> None:
        handles = (r.value >> 16, r.value & 0xFFFF)
        if r.op == words.CHARACTERISTICS:
            self.central.discover_characteristics(r.b, *handles, r.data)
            return
        client = self.central.client(r.b)
        if r.op == words.SERVICES:
            client.discover_services(r.data)
        elif r.op == words.DESCRIPTORS:
            client.discover_descriptors(*handles)
        elif r.op == words.READ:
            client.read(r.value)
        elif r.op == words.WRITE:
            client.write(r.value, r.data, bool(r.a))
        elif r.op == words.EXCHANGE_MTU:
            client.exchange_mtu(self.central.mtu)

    def _take(self, most: int) -> bytes:
        """The records of the oldest events."""
        records = b""
        while self._events:
            event, body, _ = self._events[0]
            if len(records) + words.RECORD_SIZE + len(body) > most:
                break
            records += struct.pack(words.RECORD, event, len(body)) + body
            self._events.popleft()
            if event in POOLS:
                self._waiting[POOLS[event][0]] -= 1
        return records

    def watch(self, streams: bytes) -> None:
        """See peripherals.Device."""

    def ready(self, now: int) -> bool:
        """See peripherals.Device."""
        return False

    def has_events(self) -> bool:
        """See peripherals.Device."""
        return bool(self._events)

    def next_us(self, now: int) -> int | None:
        """All its times are the World's."""
        return None

    def reset(self) -> None:
        """See peripherals.Device."""
        self.central.reset()
        self._events.clear()
        self._waiting = dict.fromkeys(self._waiting, 0)
