"""The board's Bluetooth as NimBLE does it on an ESP32, as a central: scans and connections.

Errors are OSError with an ESP32's numbers. What happens later goes to emit(event, body); the
events and their order are those of MicroPython's extmod/nimble and of NimBLE itself.
"""

import asyncio
import struct
from collections.abc import Callable

from bumble import ll
from bumble.controller import Controller
from bumble.hci import Address
from host_tools.sim.radio.ble_air import Air, Link
from host_tools.sim.radio.ble_client import Client
from host_tools.sim.radio.ble_security import Settings
from host_tools.sim.vm import bluetooth_words as words

CONNECTIONS = 4  # at a time, as MicroPython builds NimBLE
MTU, MTU_LEAST, MTU_MOST = 256, 23, 527
INTERVAL_S = 0.05  # of a connection's events unless asked for: NimBLE asks for 30 to 50 ms
CONNECT_S = 30.0  # for gap_connect(..., 0)
NO_HANDLE, NO_PEER = 0xFFFF, 0xFF  # in the event of a connection that did not come about
ADV_IND, SCAN_RSP = 0, 4

Emit = Callable[[int, bytes], None]


class Central:
    """Air.radio: the board's end. Its methods are NimBLE's functions behind bluetooth.BLE's."""

    def __init__(self, air: Air, address: Address, emit: Emit):
        self.air = air
        self.address = address
        self.emit = emit
        self.active = False
        self.mtu = MTU
        self.security = Settings()
        self.clients: dict[int, Client] = {}  # by the connection's handle
        self._scan: Scan | None = None
        self._attempt: Attempt | None = None
        air.radio = self

    # Power

    def activate(self, on: bool) -> None:
        """Switch the radio on, afresh, or off: what it does ends with its events."""
        if self.active:
            if self._scan:
                self.stop_scan()
            if self._attempt:
                self._attempt.stop()
            self._attempt = None
            for client in list(self.clients.values()):
                client.link.abandon(told=True)
                self._ended(client)
        self.active = on
        self.mtu = MTU

    def reset(self) -> None:
        """The chip was reset or lost its power: nobody is told."""
        for timed in (self._scan, self._attempt):
            if timed:
                timed.stop()
        for client in self.clients.values():
            client.link.abandon()
            client.drop()
        self.clients = {}
        self._scan = self._attempt = None
        self.active = False
        self.mtu = MTU

    def set_mtu(self, mtu: int) -> None:
        """The MTU to ask for."""
        self.check_active()
        if not MTU_LEAST <= mtu <= MTU_MOST:
            raise OSError(words.EINVAL, "MTU")
        self.mtu = mtu

    # Scanning

    def scan(self, ms: int, interval_us: int, window_us: int, active: bool) -> None:
        """Listen for ms, 0 forever, in a window of every interval."""
        self.check_active()
        if self._attempt:
            raise OSError(words.EBUSY, "connecting")
        if self._scan:
            raise OSError(words.EALREADY, "scanning")
        self._scan = Scan(self.air, interval_us / 1e6, window_us / 1e6, active)
        if ms:
            self._scan.end_after(ms / 1000, self._scan_done)
        self.air.listen()

    def stop_scan(self) -> None:
        """The end of the scan, if there is one, comes as an event."""
        self.check_active()
        if self._scan:
            self._scan.stop()
            self._scan_done()

    def _scan_done(self) -> None:
        self._scan = None
        self.emit(words.SCAN_DONE, b"")

    def listens(self) -> bool:
        """See ble_air.Radio."""
        return bool(self._scan or self._attempt)

    def hear(self, packet: ll.AdvInd, sender: Controller) -> None:
        """See ble_air.Radio."""
        if self._scan and self._scan.is_open():
            self._report(sender, ADV_IND, packet.data)
            if self._scan.active:
                self._report(sender, SCAN_RSP, sender.le_legacy_advertiser.scan_response_data)
        elif self._attempt and self._attempt.peer == packet.advertiser_address:
            self._connect(sender)

    def _report(self, sender: Controller, kind: int, data: bytes) -> None:
        address = sender.public_address
        fields = (address.address_type, wire_address(address), kind, sender.unit.module.rssi)
        numbers = struct.pack("<B6sbb", *fields)
        self.emit(words.SCAN_RESULT, numbers + data)

    # Connections

    def connect(self, peer: Address, ms: int, least_us: int, most_us: int) -> None:
        """Try for ms to connect."""
        self.check_active()
        if self._scan:
            self.stop_scan()
        if self._attempt:
            raise OSError(words.EALREADY, "connecting")
        if len(self.clients) >= CONNECTIONS:
            raise OSError(words.ENOMEM, "connections")
        if any(client.link.unit.controller.public_address == peer for client in self._all()):
            raise OSError(words.EIO, "connected")
        interval_s = (most_us or least_us) / 1e6 or INTERVAL_S
        self._attempt = Attempt(self.air, peer, interval_s)
        self._attempt.end_after(ms / 1000 or CONNECT_S, self._connect_failed)
        self.air.listen()

    def cancel_connect(self) -> None:
        """Give the attempt up."""
        self.check_active()
        if not self._attempt:
            raise OSError(words.EALREADY, "not connecting")
        self._attempt.stop()
        self._connect_failed()

    def _connect_failed(self) -> None:
        self._attempt = None
        self.emit(words.DISCONNECTED, struct.pack("<HB6s", NO_HANDLE, NO_PEER, bytes(6)))

    def _connect(self, sender: Controller) -> None:
        unit = sender.unit
        if unit.refuses == "deaf":
            return
        self._attempt.stop()
        handle = next(h for h in range(CONNECTIONS) if h not in self.clients)
        link = Link(self.air, unit, handle, unit.interval_s or self._attempt.interval_s)
        self._attempt = None
        key = bytes((sender.public_address.address_type,)) + bytes(sender.public_address)
        client = self.clients[handle] = Client(link, key, self.emit)
        client.on_end = self._ended
        link.establish()
        unit.link = link
        self.emit(words.CONNECTED, self._peer(link))

    def _ended(self, client: Client) -> None:
        client.drop()
        del self.clients[client.link.handle]
        self.emit(words.DISCONNECTED, self._peer(client.link))

    def _peer(self, link: Link) -> bytes:
        address = link.unit.controller.public_address
        return struct.pack("<HB6s", link.handle, address.address_type, wire_address(address))

    def disconnect(self, handle: int) -> None:
        """End a connection: its event comes when the unit knows."""
        self.client(handle).link.close()

    def client(self, handle: int) -> Client:
        """What speaks to the unit over that connection."""
        self.check_active()
        if handle not in self.clients:
            raise OSError(words.ENOTCONN, "connection")
        return self.clients[handle]

    def link_to(self, unit: Controller) -> Link | None:
        """See ble_air.Radio."""
        return next((c.link for c in self._all() if c.link.unit.controller is unit), None)

    def discover_characteristics(self, handle: int, start: int, end: int, uuid: bytes) -> None:
        """MicroPython keeps one such discovery at a time, over all connections."""
        self.check_active()
        if any(client.finds_characteristics for client in self._all()):
            raise OSError(words.EBUSY, "discovery")
        self.client(handle).discover_characteristics(start, end, uuid)

    def _all(self):
        return self.clients.values()

    def check_active(self) -> None:
        """ENODEV unless it is."""
        if not self.active:
            raise OSError(words.ENODEV, "not active")


class Timed:
    """Something the radio does until its time is up."""

    def __init__(self, air: Air):
        self.air = air
        self._timer: asyncio.TimerHandle | None = None

    def end_after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call that unless it is stopped before."""
        self._timer = self.air.world.call_later(seconds, action)

    def stop(self) -> None:
        """It is over."""
        if self._timer:
            self._timer.cancel()


class Scan(Timed):
    """Listening in a window of every interval. active: the names are asked for too."""

    def __init__(self, air: Air, interval_s: float, window_s: float, active: bool):
        super().__init__(air)
        self.active = active
        self._begun_s = air.world.time()
        self._interval_s = interval_s
        self._window_s = window_s

    def is_open(self) -> bool:
        """Does it listen now?"""
        return (self.air.world.time() - self._begun_s) % self._interval_s <= self._window_s


class Attempt(Timed):
    """Waiting for an advertisement of the unit to connect to."""

    def __init__(self, air: Air, peer: Address, interval_s: float):
        super().__init__(air)
        self.peer = peer
        self.interval_s = interval_s


def wire_address(address: Address) -> bytes:
    """In the order that people read it in."""
    return bytes(address)[::-1]
