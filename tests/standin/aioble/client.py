"""What a connected device has: services, characteristics, descriptors."""

import asyncio
import struct

import bluetooth

from .core import GattError, ble, register_irq_handler
from .device import DeviceConnection

WRITE_NO_RESPONSE, WRITE, NOTIFY = 4, 8, 16
SERVICE, CHARACTERISTIC, DESCRIPTOR = 9, 11, 13  # results; the event after each: that was all
WRITTEN, NOTIFIED = 17, 18
CCCD = 0x2902


class Discovery:
    """Asynchronous iterator over what start() makes the device tell; each result as make(...)."""

    def __init__(self, connection, make, start):
        self._connection = connection
        self._make = make
        self._start = start
        self._event = asyncio.ThreadSafeFlag()
        self._results = []
        self._done = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        connection = self._connection
        if connection._discovery is not self:
            if connection._discovery:
                raise ValueError("Discovery in progress")
            connection._discovery = self
            self._start()
        while not self._results:
            if self._done:
                connection._discovery = None
                raise StopAsyncIteration
            await self._event.wait()
        return self._make(*self._results.pop())

    def tell(self, result):
        if result is None:
            self._done = True
        else:
            self._results.append(result)
        self._event.set()


def services(connection, uuid):
    def make(start, end, uuid):
        return ClientService(connection, start, end, uuid)

    def begin():
        ble.gattc_discover_services(connection._conn_handle, uuid)

    return Discovery(connection, make, begin)


class ClientService:
    def __init__(self, connection, start_handle, end_handle, uuid):
        self.connection = connection
        self.uuid = uuid
        self._range = start_handle, end_handle

    def characteristics(self, uuid=None, timeout_ms=2000):
        def make(end, value, properties, uuid):
            return ClientCharacteristic(self.connection, end, value, properties, uuid)

        def begin():
            start, end = self._range
            ble.gattc_discover_characteristics(self.connection._conn_handle, start, end, uuid)

        return Discovery(self.connection, make, begin)

    async def characteristic(self, uuid, timeout_ms=2000):
        found = None
        async for each in self.characteristics(uuid):
            found = found or each
        return found


class Attribute:
    """What can be written to."""

    def __init__(self, connection, value_handle, properties, uuid):
        self.connection = connection
        self.properties = properties
        self.uuid = uuid
        self._value_handle = value_handle
        self._written = asyncio.ThreadSafeFlag()
        self._status = None

    def _check(self, flags):
        if not self.properties & flags:
            raise ValueError("Unsupported")

    async def write(self, data, response=None, timeout_ms=1000):
        """GattError if the device did not take it."""
        self._check(WRITE | WRITE_NO_RESPONSE)
        connection = self.connection
        if response is None:
            response = not self.properties & WRITE_NO_RESPONSE
        connection._characteristics[self._value_handle] = self
        ble.gattc_write(connection._conn_handle, self._value_handle, data, response)
        if response:
            with connection.timeout(timeout_ms):
                await self._written.wait()
            if self._status:
                raise GattError(self._status)


class ClientCharacteristic(Attribute):
    def __init__(self, connection, end_handle, value_handle, properties, uuid):
        super().__init__(connection, value_handle, properties, uuid)
        self._end_handle = end_handle if end_handle > value_handle else value_handle + 2
        self._notified = asyncio.ThreadSafeFlag()
        self._newest = None  # the one notification that waits

    def descriptors(self, timeout_ms=2000):
        def make(handle, uuid):
            return Attribute(self.connection, handle, WRITE, uuid)

        def begin():
            handle = self.connection._conn_handle
            ble.gattc_discover_descriptors(handle, self._value_handle, self._end_handle)

        return Discovery(self.connection, make, begin)

    async def subscribe(self, notify=True, indicate=False):
        """ValueError if the device has no way to."""
        self.connection._characteristics[self._value_handle] = self
        cccd = None
        async for each in self.descriptors():
            if each.uuid == bluetooth.UUID(CCCD):
                cccd = each
        if not cccd:
            raise ValueError("CCCD not found")
        await cccd.write(struct.pack("<H", bool(notify) | bool(indicate) << 1))

    async def notified(self, timeout_ms=None):
        """The newest notification; those that came between two calls are lost."""
        self._check(NOTIFY)
        self.connection._characteristics[self._value_handle] = self
        while self._newest is None:
            with self.connection.timeout(timeout_ms):
                await self._notified.wait()
        newest, self._newest = self._newest, None
        return newest


def _irq(event, data):
    if not SERVICE <= event <= NOTIFIED:
        return
    connection = DeviceConnection._connected.get(data[0])
    if not connection:
        return
    if event <= DESCRIPTOR + 1:
        if connection._discovery:
            result = None
            if event in (SERVICE, CHARACTERISTIC, DESCRIPTOR):
                result = list(data[1:])
                result[-1] = bluetooth.UUID(result[-1])
            connection._discovery.tell(result)
        return
    characteristic = connection._characteristics.get(data[1])
    if characteristic and event == WRITTEN:
        characteristic._status = data[2]
        characteristic._written.set()
    elif characteristic and event == NOTIFIED:
        characteristic._newest = bytes(data[2])
        characteristic._notified.set()


register_irq_handler(_irq, None)
