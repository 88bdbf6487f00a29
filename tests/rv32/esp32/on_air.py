"""`bluetooth` of an ESP32, with a unit on the air that answers what it is asked with frames."""

import errno

import rv32
import world

STEP_MS = 20
PERIOD_MS = 2000
VALUE, CCCD = 0x10, 0x11
NO_HANDLE = 0xFFFF
SCAN_RESULT, SCAN_DONE, CONNECTED, DISCONNECTED = 5, 6, 7, 8
SERVICE, SERVICES_DONE, CHARACTERISTIC, CHARACTERISTICS_DONE = 9, 10, 11, 12
DESCRIPTOR, DESCRIPTORS_DONE, WRITTEN, NOTIFIED, MTU_EXCHANGED = 13, 14, 17, 18, 21
READ, WRITE_NO_RESPONSE, NOTIFY = 2, 4, 16

address = b""  # of the unit
frames = ()  # what it sends, again and again


class _Uuid:
    def __init__(self, value):
        self.value = value.value if isinstance(value, _Uuid) else value

    def __eq__(self, other):
        return self.value == other.value

    def __hash__(self):
        return hash(self.value)


def UUID(value):
    return rv32.aside(_Uuid, value)


class _Ble:
    def __init__(self):
        self._handler = None
        self._active = False
        self._scanning = False
        self._handle = None
        self._subscribed = False
        self._mtu = 23
        self._next = 0

    def _event(self, event, *data):
        if self._handler and self._active:
            rv32.counted(self._handler, event, data)

    def _later(self, event, *data):
        world.later(STEP_MS, self._event, event, *data)

    def irq(self, handler):
        self._handler = handler

    def active(self, on=None):
        if on is not None:
            self._active = bool(on)
            if not on:
                self._handle = None
        return self._active

    def config(self, *names, **values):
        if names and names[0] == "mac":
            return 0, bytes(6)

    def gap_scan(self, duration_ms, *_):
        if duration_ms is None:
            if self._scanning:
                self._scanning = False
                self._event(SCAN_DONE)
            return
        self._scanning = True
        world.later(STEP_MS, self._advertise)

    def _advertise(self):
        if self._scanning:
            data = b"\x02\x01\x06\x03\x03\xe0\xff"
            self._event(SCAN_RESULT, 0, address, 0, -60, memoryview(data))
            world.later(10 * STEP_MS, self._advertise)

    def gap_connect(self, kind, wanted=None, *_):
        if kind is None:
            raise OSError(errno.EALREADY)
        if bytes(wanted) != address:
            return
        self._handle = 1
        self._subscribed = False
        self._later(CONNECTED, 1, 0, address)

    def gap_disconnect(self, handle):
        if handle != self._handle:
            return False
        self._handle = None
        self._later(DISCONNECTED, handle, 0, address)
        return True

    def gattc_exchange_mtu(self, handle):
        self._mtu = 247
        self._later(MTU_EXCHANGED, handle, 247)

    def gattc_discover_services(self, handle, uuid=None):
        self._later(SERVICE, handle, 0x0E, 0x20, uuid or UUID(0xFFE0))
        self._later(SERVICES_DONE, handle, 0)

    def gattc_discover_characteristics(self, handle, start, end, uuid=None):
        what = READ | WRITE_NO_RESPONSE | NOTIFY
        self._later(CHARACTERISTIC, handle, 0x20, VALUE, what, UUID(0xFFE1))
        self._later(CHARACTERISTICS_DONE, handle, 0)

    def gattc_discover_descriptors(self, handle, start, end):
        self._later(DESCRIPTOR, handle, CCCD, UUID(0x2902))
        self._later(DESCRIPTORS_DONE, handle, 0)

    def gattc_write(self, handle, value, data, mode=0):
        if value == CCCD:
            self._subscribed = True
        if mode:
            self._later(WRITTEN, handle, value, 0)
        if value == VALUE and not self._next:
            self._notify()

    def _notify(self):
        if self._handle is None or not self._subscribed:
            self._next = 0
            return
        frame = frames[self._next % len(frames)]
        self._next += 1
        size = self._mtu - 3
        for at in range(0, len(frame), size):
            self._event(NOTIFIED, self._handle, VALUE, memoryview(frame)[at : at + size])
        world.later(PERIOD_MS, self._notify)


for _name in ("active", "config", "gap_scan", "gap_connect", "gap_disconnect", "irq"):
    setattr(_Ble, _name, world.aside(getattr(_Ble, _name)))
for _name in ("exchange_mtu", "discover_services", "discover_characteristics"):
    setattr(_Ble, "gattc_" + _name, world.aside(getattr(_Ble, "gattc_" + _name)))
for _name in ("discover_descriptors", "write"):
    setattr(_Ble, "gattc_" + _name, world.aside(getattr(_Ble, "gattc_" + _name)))

_ble = _Ble()


def BLE():
    return _ble
