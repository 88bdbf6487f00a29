"""A device, connecting to it, and the connection."""

import asyncio
import binascii

from .core import ble, ensure_active, register_irq_handler

CONNECTED, DISCONNECTED, MTU_EXCHANGED = 7, 8, 21

_awaited = set()  # connections on their way


class DeviceDisconnectedError(Exception):
    pass


class DeviceTimeout:
    """with DeviceTimeout(connection, ms): what takes longer ends with asyncio.TimeoutError, what
    outlives the connection with DeviceDisconnectedError. Either can be None.
    """

    def __init__(self, connection, timeout_ms):
        self._ends = connection._ends if connection else []
        self._ms = timeout_ms
        self._task = asyncio.current_task()
        self._timer = None
        self._cause = None
        self._ends.append(self)

    def end(self, cause):
        if self._cause is None:
            self._cause = cause
            self._task.cancel()

    async def _run_out(self):
        await asyncio.sleep_ms(self._ms)
        self._timer = None
        self.end(asyncio.TimeoutError)

    def __enter__(self):
        if self._ms:
            self._timer = asyncio.create_task(self._run_out())

    def __exit__(self, kind, error, trace):
        self._ends.remove(self)
        if self._timer:
            self._timer.cancel()
        if kind == asyncio.CancelledError and self._cause:
            raise self._cause


class Device:
    def __init__(self, addr_type, addr):
        self.addr_type = addr_type
        self.addr = addr if len(addr) == 6 else binascii.unhexlify(addr.replace(":", ""))
        self._connection = None

    def addr_hex(self):
        return binascii.hexlify(self.addr, ":").decode()

    async def connect(
        self,
        timeout_ms=10000,
        scan_duration_ms=None,
        min_conn_interval_us=None,
        max_conn_interval_us=None,
    ):
        """The connection; asyncio.TimeoutError, OSError."""
        if self._connection:  # also one that never came about
            return self._connection
        ensure_active()
        self._connection = connection = DeviceConnection(self)
        _awaited.add(connection)
        try:
            with DeviceTimeout(None, timeout_ms):
                ble.gap_connect(
                    self.addr_type,
                    self.addr,
                    scan_duration_ms,
                    min_conn_interval_us,
                    max_conn_interval_us,
                )
                await connection._event.wait()
        finally:
            _awaited.remove(connection)  # KeyError after stop(), as in aioble
        DeviceConnection._connected[connection._conn_handle] = connection
        connection._task = asyncio.create_task(connection._await_end())
        return connection


class DeviceConnection:
    def __init__(self, device):
        self.device = device
        self.mtu = None
        self._conn_handle = None
        self._event = asyncio.ThreadSafeFlag()  # it came about; later: it ended
        self._mtu_event = asyncio.ThreadSafeFlag()
        self._task = None
        self._ends = []  # what has to end with the connection
        self._discovery = None
        self._characteristics = {}  # by value handle

    async def _await_end(self):
        await self._event.wait()
        del DeviceConnection._connected[self._conn_handle]
        self._conn_handle = None
        self.device._connection = None
        for each in list(self._ends):
            each.end(DeviceDisconnectedError)

    def is_connected(self):
        return self._conn_handle is not None

    def timeout(self, timeout_ms):
        return DeviceTimeout(self, timeout_ms)

    async def disconnect(self, timeout_ms=2000):
        if self.is_connected():
            ble.gap_disconnect(self._conn_handle)
            with DeviceTimeout(None, timeout_ms):
                await self._task

    async def exchange_mtu(self, mtu=None, timeout_ms=1000):
        """The MTU that both take; OSError if it was exchanged before."""
        if not self.is_connected():
            raise ValueError("Not connected")
        if mtu:
            ble.config(mtu=mtu)
        ble.gattc_exchange_mtu(self._conn_handle)
        with self.timeout(timeout_ms):
            await self._mtu_event.wait()
        return self.mtu

    def services(self, uuid=None, timeout_ms=2000):
        from .client import services

        return services(self, uuid)

    async def service(self, uuid, timeout_ms=2000):
        found = None
        async for each in self.services(uuid):
            found = found or each
        return found


DeviceConnection._connected = {}  # by handle


def _irq(event, data):
    if event == CONNECTED:
        handle, kind, address = data
        for connection in _awaited:
            device = connection.device
            if device.addr_type == kind and device.addr == address:
                connection._conn_handle = handle
                connection._event.set()
    elif event in (DISCONNECTED, MTU_EXCHANGED):
        connection = DeviceConnection._connected.get(data[0])
        if connection and event == DISCONNECTED:
            connection._event.set()
        elif connection:
            connection.mtu = data[1]
            connection._mtu_event.set()


register_irq_handler(_irq, _awaited.clear)
