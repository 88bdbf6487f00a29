"""What the board asks of a unit over a connection: NimBLE's GATT procedures, with bumble's client.

Each procedure ends with its event, whatever becomes of it: status 0, NimBLE's number of an error,
or 0x100 + the unit's own.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable

from bumble import att, core
from bumble.gatt_client import Client as GattClient
from bumble.gatt_client import ServiceProxy
from bumble.utils import EventEmitter
from host_tools.sim.radio.ble_air import L2CAP_HEADER, Link
from host_tools.sim.radio.ble_security import Security
from host_tools.sim.vm import bluetooth_words as words

PROCEDURES = 4  # at a time, as MicroPython builds NimBLE
NOT_CONNECTED, TIMED_OUT, ATT_ERROR = 7, 13, 0x100  # NimBLE's status
NOTIFICATION, INDICATION = 0x1B, 0x1D
HANDLE_AT, VALUE_AT = 1, 3  # in those two


class Bearer(EventEmitter):
    """What bumble's client sends over."""

    EVENT_DISCONNECTION = "disconnection"

    def __init__(self, link: Link):
        super().__init__()
        self.handle = link.handle
        self.att_mtu = att.ATT_DEFAULT_MTU
        self._link = link

    def send_l2cap_pdu(self, cid: int, pdu: bytes) -> None:
        self._link.to_unit(struct.pack(L2CAP_HEADER, len(pdu), cid) + pdu)

    def on_att_mtu_update(self, mtu: int) -> None:
        self.att_mtu = mtu


class Client:
    """The board's side of a connection. on_end(client): it has ended. key: what the unit's secrets
    go by.
    """

    def __init__(self, link: Link, key: bytes, emit: Callable[[int, bytes], None]):
        self.link = link
        self.security = Security(link, key, emit)
        self.on_end: Callable[[Client], None] = lambda client: None
        self.finds_characteristics = False
        self._emit = emit
        self._bearer = Bearer(link)
        self._gatt = GattClient(self._bearer)
        self._running: dict[asyncio.Task, Callable[[int], None]] = {}
        self._mtu_asked = False
        link.on_data = self._receive
        link.on_end = lambda reason: self.on_end(self)

    def drop(self) -> None:
        """The connection is gone: all that runs ends."""
        for task, done in self._running.items():
            done(NOT_CONNECTED)
            task.cancel()
        self._running = {}

    def _receive(self, packet: bytes) -> None:
        length, cid = struct.unpack_from(L2CAP_HEADER, packet)
        pdu = packet[4 : 4 + length]
        if cid != att.ATT_CID or not pdu:
            return
        if pdu[0] in (NOTIFICATION, INDICATION):
            handle = int.from_bytes(pdu[HANDLE_AT:VALUE_AT], "little")
            event = words.NOTIFY if pdu[0] == NOTIFICATION else words.INDICATE
            self._event(event, "<H", handle, rest=pdu[VALUE_AT:])
            if pdu[0] == INDICATION:
                self._gatt.send_confirmation(att.ATT_Handle_Value_Confirmation())
        else:
            self._gatt.on_gatt_pdu(att.ATT_PDU.from_bytes(pdu))

    def _event(self, event: int, form: str, *numbers: int, rest: bytes = b"") -> None:
        body = struct.pack("<H" + form[1:], self.link.handle, *numbers)
        self._emit(event, body + rest)

    # Procedures

    def discover_services(self, uuid: bytes) -> None:
        """All, or those of a UUID."""

        async def find() -> None:
            for found in await self._gatt.discover_services():
                if uuid in (b"", bytes(found.uuid)):
                    ends = (found.handle, found.end_group_handle)
                    self._event(words.SERVICE, "<HH", *ends, rest=bytes(found.uuid))

        self._run(find, lambda status: self._event(words.SERVICE_DONE, "<H", status))

    def discover_characteristics(self, start: int, end: int, uuid: bytes) -> None:
        """All between two handles, or those of a UUID."""
        if start > end or not start:
            raise OSError(words.EINVAL, "handles")
        service = ServiceProxy(self._gatt, start, end, core.UUID.from_16_bits(0))

        async def find() -> None:
            for found in await self._gatt.discover_characteristics((), service):
                if uuid in (b"", bytes(found.uuid)):
                    numbers = (found.end_group_handle, found.handle, found.properties)
                    kind = words.CHARACTERISTIC
                    self._event(kind, "<HHB", *numbers, rest=bytes(found.uuid))

        def done(status: int) -> None:
            self.finds_characteristics = False
            self._event(words.CHARACTERISTIC_DONE, "<H", status)

        self._run(find, done)
        self.finds_characteristics = True

    def discover_descriptors(self, start: int, end: int) -> None:
        """Those behind the value at start, until end."""
        if start >= end:
            raise OSError(words.EINVAL, "handles")
        between = {"start_handle": start + 1, "end_handle": end}

        async def find() -> None:
            for found in await self._gatt.discover_descriptors(**between):
                self._event(words.DESCRIPTOR, "<H", found.handle, rest=bytes(found.type))

        self._run(find, lambda status: self._event(words.DESCRIPTOR_DONE, "<H", status))

    def read(self, handle: int) -> None:
        """A value."""

        async def read() -> None:
            value = await self._gatt.read_value(handle, no_long_read=True)
            self._event(words.READ_RESULT, "<H", handle, rest=value)

        self._run(read, lambda status: self._event(words.READ_DONE, "<HH", handle, status))

    def write(self, handle: int, data: bytes, with_response: bool) -> None:
        """A value, as much of it as the MTU takes, as NimBLE does."""
        data = data[: self._bearer.att_mtu - 3]
        if not with_response:
            command = att.ATT_Write_Command(attribute_handle=handle, attribute_value=data)
            self._gatt.send_gatt_pdu(bytes(command))
            return

        async def write() -> None:
            await self._gatt.write_value(handle, data, with_response=True)

        self._run(write, lambda status: self._event(words.WRITE_DONE, "<HH", handle, status))

    def exchange_mtu(self, mtu: int) -> None:
        """Once a connection. Where the unit refuses there is no event."""
        if self._mtu_asked:
            raise OSError(words.EALREADY, "MTU")
        self._mtu_asked = True

        async def exchange() -> None:
            self._event(words.MTU_EXCHANGED, "<H", await self._gatt.request_mtu(mtu))

        self._run(exchange, lambda status: None)

    def _run(self, procedure: Callable[[], Awaitable[None]], done: Callable[[int], None]) -> None:
        if len(self._running) >= PROCEDURES:
            raise OSError(words.ENOMEM, "procedures")

        async def run() -> None:
            status = 0
            try:
                await procedure()
            except att.ATT_Error as error:
                status = ATT_ERROR + error.error_code
            except core.TimeoutError:
                status = TIMED_OUT
            if self._running.pop(task, None):
                done(status)
                if status == TIMED_OUT:  # as NimBLE: a unit that does not answer is cut off
                    self.link.close()

        task = self.link.air.world.create_task(run())
        self._running[task] = done
