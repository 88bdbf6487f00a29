"""A unit's Bluetooth module: a GATT server (bumble) between the air and the unit behind it.

By default a JK's: service FFE0 with FFE1 to notify and to write without response, as one
characteristic or as two of the same UUID. What the unit sends is split into notifications; one
client at a time.
"""

import asyncio
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from bumble import att
from bumble.controller import Controller
from bumble.core import UUID
from bumble.device import Connection, Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address, LeFeatureMask, OwnAddressType
from bumble.host import Host
from host_tools.sim.radio.ble_air import L2CAP_HEADER, SUPERVISION_S, Advertiser, Air, Link
from host_tools.sim.radio.ble_security import AUTHENTICATED, protect

SERVICE, CHARACTERISTIC = 0xFFE0, 0xFFE1
MAKER = 0x0B65  # the maker's number in the advertisement
ADVERTISING_MS = 100
WINDOW_S = 0.25  # the unit is asked for so much of the future at a time
PER_EVENT = 6  # notifications that a common radio gets through in a connection event
RSSI = -60  # dBm, at the board
NOTIFY = 0x1B


class Behind(Protocol):
    """The unit behind the module: host_tools.sim.units.jk.Unit is such."""

    def write(self, data: bytes, now_s: float) -> None:
        """The client has written that."""

    def bursts(self, t0_s: float, t1_s: float) -> Iterator[tuple[float, bytes]]:
        """See host_tools.sim.units.line.Line.bursts."""

    def disconnect(self) -> None:
        """The client is gone."""


@dataclass
class Module:
    """How a unit's module is built.

    sizes: bytes of its notifications: None as many as the MTU takes, a number, or (least, most) by
    chance. per_event and interval_s: notifications to a connection event and s between two of these
    (0: as the client asks); 1 and 0.0075 bring them one by one, a large per_event in one burst.
    """

    name: str
    address: str
    two_characteristics: bool = False
    sizes: int | tuple[int, int] | None = None
    per_event: int = PER_EVENT
    interval_s: float = 0.0
    mtu: int = 247  # the largest that it takes
    rssi: int = RSSI
    service: int = SERVICE
    notify: int = CHARACTERISTIC
    write: int = CHARACTERISTIC  # the same: one characteristic, or two_characteristics of that UUID
    notify_service: int = 0  # the service of notify, if it is another one
    key: int = 0  # the characteristic to which word is written before the unit hears anything
    word: str = ""
    advertised: int = 0  # the service that it says it has, if it is another one
    maker: int = MAKER
    answers_writes: bool = False  # takes writes with a response only
    wants: str = ""  # "bond": the link is to be encrypted, "pin": with the passkey
    passkey: int = 0
    lets_subscribe: bool = False  # everybody, and says nothing to whom it does not answer


class Peripheral:
    """A unit within the board's reach. Its faults can be switched on and off at any time:

    in_range, taken (by another client: it does not advertise), refuses ("" nobody; "drops": ends
    each connection at once; "half-open": takes no connection, so that it breaks after some events;
    "deaf": does not hear that somebody wants to connect), hung (stays connected, says nothing),
    refuses_mtu, ignores_mtu (no answer), refuses_pairing, hides_encryption (the board's radio does
    not tell of it), bond (None: it has forgotten the board's keys), supervision_s and holds_s (how
    long the board and the unit believe in a connection without a word from the other one); drop()
    ends the connection.
    """

    def __init__(self, air: Air, unit: Behind, module: Module, seed: int = 0):
        self.air = air
        self.unit = unit
        self.module = module
        self.per_event = module.per_event
        self.interval_s = module.interval_s
        self.refuses = ""
        self.hung = False
        self.wants, self.passkey = module.wants, module.passkey
        self.refuses_pairing = self.hides_encryption = False
        self.bond: bytes | None = None
        self._ignores_mtu = False
        self.supervision_s = self.holds_s = SUPERVISION_S
        self.link: Link | None = None  # set by who connects
        self._in_range, self._taken = True, False
        self._chance = random.Random(f"{seed}/module")
        self._connection: Connection | None = None
        self._asked_s = 0.0
        self._asking: asyncio.TimerHandle | None = None
        self._switching = False
        air.world.run(self._power_on())

    async def _power_on(self) -> None:
        address = Address(self.module.address, Address.PUBLIC_DEVICE_ADDRESS)
        self.controller = Controller(self.module.name, link=self.air, public_address=address)
        self.controller.le_features &= ~LeFeatureMask.LE_EXTENDED_ADVERTISING
        self.controller.le_legacy_advertiser = Advertiser(self.controller)
        self.controller.unit = self
        host = Host(self.controller, self.controller)
        self.device = Device(name=self.module.name, address=address, host=host)
        self.device.gatt_server.max_mtu = self.module.mtu
        for service in self._services():
            self.device.add_service(service)
        protect(self.device.gatt_server.attributes, self._notifies, self._values, self.module)
        self.device.on("connection", self._connected)
        await self.device.power_on()
        await self._switch_advertising()

    def _services(self) -> list[Service]:
        value = CharacteristicValue(write=self._written)
        flags = Characteristic.Properties
        module = self.module
        write = flags.WRITE if module.answers_writes else flags.WRITE_WITHOUT_RESPONSE
        kinds = [(module.write, write), (module.notify, flags.NOTIFY)]
        if module.write == module.notify and not module.two_characteristics:
            kinds = [(module.write, write | flags.NOTIFY)]
        characteristics = [
            Characteristic(UUID.from_16_bits(uuid), kind, Characteristic.WRITEABLE, value)
            for uuid, kind in kinds
        ]
        self._notifies = characteristics[-1]
        self._values = characteristics
        if module.key:
            key = CharacteristicValue(write=self._unlock)
            uuid = UUID.from_16_bits(module.key)
            characteristics.insert(0, Characteristic(uuid, write, Characteristic.WRITEABLE, key))
        if not module.notify_service:
            return [Service(UUID.from_16_bits(module.service), characteristics)]
        return [
            Service(UUID.from_16_bits(uuid), [each])
            for uuid, each in zip(
                (module.service, module.notify_service), characteristics, strict=True
            )
        ]

    def encrypt(self, level: int) -> None:
        """See ble_security.Unit."""
        if self._connection:
            self._connection.encryption = int(bool(level))
            self._connection.authenticated = level == AUTHENTICATED

    def _trusts(self, connection: Connection) -> bool:
        if self.wants == "pin":
            return connection.authenticated
        return not self.wants or bool(connection.encryption)

    # Faults

    @property
    def in_range(self) -> bool:
        return self._in_range

    @in_range.setter
    def in_range(self, value: bool) -> None:
        self._in_range = value
        self._advertise()
        if self.link:
            self.link.range_changed()

    @property
    def taken(self) -> bool:
        return self._taken

    @taken.setter
    def taken(self, value: bool) -> None:
        self._taken = value
        self._advertise()

    @property
    def mtu(self) -> int:
        return self.device.gatt_server.max_mtu

    @mtu.setter
    def mtu(self, value: int) -> None:
        self.device.gatt_server.max_mtu = value

    @property
    def refuses_mtu(self) -> bool:
        return "on_att_exchange_mtu_request" in vars(self.device.gatt_server)

    @refuses_mtu.setter
    def refuses_mtu(self, value: bool) -> None:
        server = self.device.gatt_server
        if value:
            server.on_att_exchange_mtu_request = server.on_att_request
        else:
            vars(server).pop("on_att_exchange_mtu_request", None)

    @property
    def ignores_mtu(self) -> bool:
        return self._ignores_mtu

    @ignores_mtu.setter
    def ignores_mtu(self, value: bool) -> None:
        self._ignores_mtu = value
        server = self.device.gatt_server
        if value:
            server.on_att_exchange_mtu_request = lambda *request: None
        else:
            vars(server).pop("on_att_exchange_mtu_request", None)

    @property
    def connected(self) -> bool:
        """Does it have a client, as far as it knows?"""
        return self._connection is not None

    def drop(self) -> None:
        """End the connection, as a unit does that is switched off by its app."""
        if self._connection:
            self.air.world.create_task(self._connection.disconnect())

    # Advertising

    def _wants_client(self) -> bool:
        return self._in_range and not self._taken and not self._connection

    def _advertise(self) -> None:
        if not self._switching:
            self._switching = True
            self.air.world.create_task(self._switch_advertising())

    async def _switch_advertising(self) -> None:
        self._switching = True
        while self._wants_client() != self.device.is_advertising:
            if self.device.is_advertising:
                await self.device.stop_advertising()
                continue
            await self.device.start_advertising(
                own_address_type=OwnAddressType.PUBLIC,
                advertising_data=self._advertisement(),
                scan_response_data=_field(0x09, self.module.name.encode()),
                advertising_interval_min=ADVERTISING_MS,
                advertising_interval_max=ADVERTISING_MS,
            )
        self._switching = False

    def _advertisement(self) -> bytes:
        address = bytes(self.controller.public_address)[::-1]
        flags = _field(0x01, b"\x06")
        service = _field(0x03, struct.pack("<H", self.module.advertised or self.module.service))
        return flags + service + _field(0xFF, struct.pack("<H", self.module.maker) + address)

    # Connection

    def _connected(self, connection: Connection) -> None:
        self._connection = connection
        self._unlocked = not self.module.key
        connection.on("disconnection", self._disconnected)
        self._asked_s = max(self._asked_s, self.air.world.time())
        self._asking = self.air.world.call_at(self._asked_s, self._ask)
        if self.refuses == "drops":
            self.drop()

    def _disconnected(self, reason: int) -> None:
        self._connection = None
        self._asking.cancel()
        self.unit.disconnect()
        self._advertise()

    def _written(self, connection: Connection, data: bytes) -> None:
        if self._unlocked:
            self.unit.write(bytes(data), self.air.world.time())

    def _unlock(self, connection: Connection, data: bytes) -> None:
        self._unlocked = bytes(data) == self.module.word.encode()

    def _ask(self) -> None:
        """Ask the unit for what it sends next, while somebody is connected."""
        world = self.air.world
        begin, self._asked_s = self._asked_s, self._asked_s + WINDOW_S
        for at_s, data in self.unit.bursts(begin, self._asked_s):
            world.call_at(at_s, self._send, data)
        self._asking = world.call_at(self._asked_s, self._ask)

    def _send(self, data: bytes) -> None:
        connection = self._connection
        if not connection or self.hung or not self._is_subscribed(connection):
            return
        if not self._trusts(connection):
            return
        head = struct.pack("<BH", NOTIFY, self._notifies.handle)
        while data:
            size = self._size(connection.att_mtu - 3)
            pdu = head + data[:size]
            # Not by way of bumble's host, which writes each packet out in words for its log: that
            # costs more than all else.
            self.link.to_board(struct.pack(L2CAP_HEADER, len(pdu), att.ATT_CID) + pdu)
            data = data[size:]

    def _is_subscribed(self, connection: Connection) -> bool:
        subscribed = self.device.gatt_server.subscribers.get(connection, {})
        return bool(subscribed.get(self._notifies.handle, b"\0")[0] & 1)

    def _size(self, most: int) -> int:
        sizes = self.module.sizes
        if isinstance(sizes, tuple):
            return min(most, self._chance.randint(*sizes))
        return min(most, sizes or most)


def _field(kind: int, data: bytes) -> bytes:
    """A field of an advertisement."""
    return bytes((len(data) + 1, kind)) + data
