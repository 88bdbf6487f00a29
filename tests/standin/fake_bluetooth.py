"""A `bluetooth` module for tests: one radio and the units around it, which do what they are told.

import fake_bluetooth, then install(): `import bluetooth` finds it. As on a board, what an event
carries is only good until its handler returns, and a handler that fails is taken away.
"""

import asyncio
import errno
import sys

SCAN_RESULT, SCAN_DONE, CONNECTED, DISCONNECTED = 5, 6, 7, 8
SERVICE, SERVICES_DONE, CHARACTERISTIC, CHARACTERISTICS_DONE = 9, 10, 11, 12
DESCRIPTOR, DESCRIPTORS_DONE, WRITTEN, NOTIFIED, MTU_EXCHANGED = 13, 14, 17, 18, 21
ENCRYPTION, GET_SECRET, SET_SECRET = 28, 29, 30

READ, WRITE_NO_RESPONSE, WRITE, NOTIFY = 2, 4, 8, 16
NO_HANDLE = 0xFFFF
STEP_MS = 2  # between what is asked of the radio and what comes of it
SLOW_MS = 100
NOT_ENCRYPTED, NOT_AUTHENTICATED = 0x10F, 0x105  # why a write is refused
OURS, THEIRS = 1, 2  # types of secrets
INPUT, KEYBOARD = 2, 2
ENCRYPTED, AUTHENTICATED = 1, 3  # how a connection is
STARTING, ASKS, ENDING = 1, 2, 3  # stages of pairing

# Layouts: [(value handle, properties, handle of the CCCD or None)], all of them FFE1
ONE = [(0x10, READ | WRITE_NO_RESPONSE | NOTIFY, 0x11)]
ONE_ANSWERING = [(0x10, WRITE | NOTIFY, 0x11)]
TWO = [(0x10, WRITE_NO_RESPONSE, None), (0x13, NOTIFY, 0x14)]
TWO_SWAPPED = [(0x10, NOTIFY, 0x11), (0x14, WRITE | WRITE_NO_RESPONSE, None)]
ALIKE = [(0x10, WRITE_NO_RESPONSE | NOTIFY, 0x11), (0x14, WRITE_NO_RESPONSE | NOTIFY, 0x15)]
NO_NOTIFY = [(0x10, READ | WRITE, None)]
IN_TWO_SERVICES = [(0x10, WRITE_NO_RESPONSE, None), (0x23, NOTIFY, 0x24)]


class UUID:
    def __init__(self, value):
        if isinstance(value, UUID):
            value = value.value
        elif not isinstance(value, int):
            value = int.from_bytes(value, "little")
        self.value = value

    def __eq__(self, other):
        return self.value == other.value

    def __hash__(self):
        return hash(self.value)


class Unit:
    """A BMS's radio module. trouble: what it does wrong, of

    absent, silent (connecting never ends), refuse, vanish (gone as soon as it is connected),
    linger (the end of the connection is never told), slow (it is told late), mtu_silent, mtu_error,
    and hang or drop at mtu, services, characteristics, descriptors, subscribe, write, pairing, as
    in "hang services"; refuse pairing, secret (encrypts without telling), polite (lets everybody
    subscribe, and says nothing to who may not).

    wants: "" nothing, "bond" that the link is encrypted, "pin" that this was done with passkey.
    """

    second = None  # another service, with the handles from 0x21 on

    def __init__(self, address, name="", kind=0, layout=ONE, service=0xFFE0, maker=b""):
        self.address = bytes([int(part, 16) for part in address.split(":")])
        self.name = name.encode()
        self.kind = kind
        self.layout = layout
        self.service = service
        self.maker = maker  # what an advertisement has of it: the number, and more
        self.trouble = set()
        self.handle = None  # of its connection
        self.sessions = 0
        self.subscribed = None  # handle of the value
        self.written = []  # (data, whether it had to be answered)
        self.mtu = 23
        self.mtu_unanswered = False
        self.wants = ""
        self.passkey = 0
        self.bond = None  # the key that it has kept
        self.pairings = 0
        self.security = 0  # of the connection
        self.pairing = None  # the stage of it

    def advertisements(self):
        """(type, data): the name stands in the answer to an active scan."""
        flags = b"\x02\x01\x06"
        said = bytes([len(self.maker) + 1, 0xFF]) + self.maker if self.maker else b""
        yield 0, flags + b"\x03\x03" + self.service.to_bytes(2, "little") + said
        yield 4, bytes([len(self.name) + 1, 9]) + self.name

    def notify(self, data):
        """Send it as one notification, if anybody listens."""
        if self.subscribed and not self.refusal():
            radio.event(NOTIFIED, self.handle, self.subscribed, data)

    def drop(self):
        """End the connection from this side."""
        radio.end(self.handle)

    def refusal(self):
        """The error of what only an encrypted connection may; 0: this one may."""
        if self.wants and not self.security:
            return NOT_ENCRYPTED
        return NOT_AUTHENTICATED if self.wants == "pin" and self.security == ENCRYPTED else 0

    def key(self):
        """What its secrets go by: type and address, the low byte first."""
        return bytes([self.kind]) + bytes(reversed(self.address))


class Radio:
    """The one instance is bluetooth.BLE()."""

    def __init__(self):
        self.handler = None
        self.begin()

    def begin(self):
        """A new test: nobody around, switched off."""
        self.units = []
        self.lost = set()  # events that are never told
        self.deaf = 0  # handlers that failed
        self.scans = 0
        self._on = False
        self._scanning = None
        self._connecting = None
        self._discovering = None  # the handle whose characteristics are being looked for
        self._tasks = []
        self.settings = {}

    def unit(self, *args, **kwargs):
        self.units.append(Unit(*args, **kwargs))
        return self.units[-1]

    # What the tests do not call

    def event(self, event, *data):
        if not self._on or event in self.lost or not self.handler:
            return None
        answer = None
        buffers = []
        shown = list(data)
        for i, each in enumerate(data):
            if isinstance(each, bytes):
                buffers.append(bytearray(each))
                shown[i] = memoryview(buffers[-1])
        try:
            answer = self.handler(event, tuple(shown))
        except Exception as error:
            print("event handler failed:", repr(error))
            self.handler = None
            self.deaf += 1
        for buffer in buffers:
            for i in range(len(buffer)):
                buffer[i] = 0xEE
        return answer

    def later(self, action, *args, ms=STEP_MS):
        async def act():
            await asyncio.sleep_ms(ms)
            action(*args)

        self._tasks.append(asyncio.create_task(act()))

    def connected(self, handle):
        for unit in self.units:
            if unit.handle == handle and handle is not None:
                return unit
        raise OSError(errno.ENOTCONN)

    def end(self, handle):
        unit = self.connected(handle)
        unit.handle = None
        unit.subscribed = None
        unit.security = 0
        unit.pairing = None
        if self._discovering == handle:
            self._discovering = None
        self.event(DISCONNECTED, handle, unit.kind, unit.address)

    def _check(self):
        if not self._on:
            raise OSError(errno.ENODEV)

    def _does(self, unit, what):
        """Whether the unit goes on with it; otherwise it hangs or drops the connection."""
        if unit.handle is None or unit.mtu_unanswered or "hang " + what in unit.trouble:
            return False
        if "drop " + what in unit.trouble:
            unit.drop()
            return False
        return True

    # bluetooth.BLE

    def irq(self, handler):
        self.handler = handler

    def active(self, on=None):
        if on is not None:
            if not on:
                for unit in self.units:  # without a word to the handler
                    unit.handle = None
                    unit.subscribed = None
                    unit.security = 0
                    unit.pairing = None
                self._scanning = self._connecting = self._discovering = None
            self._on = bool(on)
        return self._on

    def config(self, *names, **values):
        self._check()
        self.settings.update(values)

    def gap_scan(self, duration_ms, interval_us=1280000, window_us=11250, active=False):
        self._check()
        if duration_ms is None:
            if self._scanning:
                self._scanning = None
                self.event(SCAN_DONE)
            return
        if self._scanning or self._connecting:
            raise OSError(errno.EALREADY)
        self.scans += 1
        self._scanning = [duration_ms, active]
        self.later(self._scan, self._scanning)

    def _scan(self, scan):
        if self._scanning is not scan:
            return
        for unit in self.units:
            if "absent" not in unit.trouble and unit.handle is None:
                for kind, data in unit.advertisements():
                    if kind == 0 or scan[1]:
                        self.event(SCAN_RESULT, unit.kind, unit.address, kind, -60, data)
        scan[0] -= 20
        if scan[0] <= 0:
            self._scanning = None
            self.event(SCAN_DONE)
        elif self._scanning is scan:
            self.later(self._scan, scan)

    def gap_connect(self, kind, address=None, scan_duration_ms=2000, min_us=None, max_us=None):
        self._check()
        if kind is None:
            if not self._connecting:
                raise OSError(errno.EALREADY)
            self._connecting = None
            self.event(DISCONNECTED, NO_HANDLE, 0xFF, b"\0" * 6)
            return
        if self._connecting:
            raise OSError(errno.EALREADY)
        self.gap_scan(None)
        self._connecting = attempt = [kind, bytes(address)]
        self.later(self._connect, attempt)

    def _connect(self, attempt):
        if self._connecting is not attempt:
            return
        for unit in self.units:
            free = unit.handle is None and not unit.trouble & {"absent", "silent"}
            if [unit.kind, unit.address] == attempt and free:
                self._connecting = None
                if "refuse" in unit.trouble:
                    self.event(DISCONNECTED, NO_HANDLE, 0xFF, b"\0" * 6)
                    return
                taken = [each.handle for each in self.units]
                unit.handle = min(i for i in range(len(taken) + 1) if i not in taken)
                unit.sessions += 1
                unit.mtu = 23
                unit.mtu_unanswered = False
                self.event(CONNECTED, unit.handle, unit.kind, unit.address)
                if "vanish" in unit.trouble:
                    unit.drop()
                return
        self.later(self._connect, attempt)

    def gap_disconnect(self, handle):
        self._check()
        try:
            trouble = self.connected(handle).trouble
        except OSError:
            return False
        if "slow" in trouble:
            self.later(self.end, handle, ms=SLOW_MS)
        elif "linger" not in trouble:
            self.end(handle)
        return True

    def gattc_exchange_mtu(self, handle):
        self._check()
        unit = self.connected(handle)
        if unit.mtu != 23:
            raise OSError(errno.EALREADY)
        if "mtu_error" in unit.trouble:
            raise OSError(errno.EINVAL)
        unit.mtu = self.settings.get("mtu", 23)
        # The next answer goes to the oldest question, as in NimBLE: all later ones wait in vain
        unit.mtu_unanswered = "mtu_silent" in unit.trouble
        if not unit.mtu_unanswered:
            self.later(self._tell, unit, "mtu", [(MTU_EXCHANGED, unit.mtu)])

    def _tell(self, unit, what, events):
        if self._does(unit, what):
            for event in events:
                if unit.handle is not None:
                    self.event(event[0], unit.handle, *event[1:])

    def gattc_discover_services(self, handle, uuid=None):
        self._check()
        unit = self.connected(handle)
        events = [(SERVICES_DONE, 0)]
        if uuid is None or uuid == UUID(unit.service):
            events.insert(0, (SERVICE, 0x0E, 0x20, UUID(unit.service)))
        if unit.second and (uuid is None or uuid == UUID(unit.second)):
            events.insert(0, (SERVICE, 0x21, 0x30, UUID(unit.second)))
        self.later(self._tell, unit, "services", events)

    def gattc_discover_characteristics(self, handle, start, end, uuid=None):
        self._check()
        if self._discovering is not None:
            raise OSError(16)  # one at a time over all connections
        unit = self.connected(handle)
        self._discovering = handle
        has = uuid is None or uuid == UUID(0xFFE1)
        self.later(self._tell_characteristics, unit, start, end if has else 0)

    def _tell_characteristics(self, unit, start, end):
        if not self._does(unit, "characteristics"):
            return
        self._discovering = None
        layout = [row for row in unit.layout if start <= row[0] <= end]
        starts = [value - 1 for value, _, _ in layout[1:]] + [end + 1]
        for i, (value, properties, _) in enumerate(layout):
            last = starts[i] - 1
            self.event(CHARACTERISTIC, unit.handle, last, value, properties, UUID(0xFFE1))
        self.event(CHARACTERISTICS_DONE, unit.handle, 0)

    def gattc_discover_descriptors(self, handle, start, end):
        self._check()
        unit = self.connected(handle)
        events = [
            (DESCRIPTOR, cccd, UUID(0x2902))
            for _, _, cccd in unit.layout
            if cccd and start <= cccd <= end
        ]
        events.append((DESCRIPTORS_DONE, 0))
        self.later(self._tell, unit, "descriptors", events)

    def gattc_write(self, handle, value, data, mode=0):
        self._check()
        unit = self.connected(handle)
        notifies = {cccd: notified for notified, _, cccd in unit.layout if cccd}
        if value not in notifies:
            unit.written.append((bytes(data), bool(mode)))
        if mode:
            self.later(self._answer_write, unit, value, notifies.get(value))

    def _answer_write(self, unit, value, subscribed):
        if self._does(unit, "subscribe" if subscribed else "write"):
            status = 0 if "polite" in unit.trouble else unit.refusal()
            if not status:
                unit.subscribed = subscribed or unit.subscribed
            self.event(WRITTEN, unit.handle, value, status)

    # Pairing, as NimBLE does it for a central: nobody is told that a passkey is wanted

    def gap_pair(self, handle):
        self._check()
        unit = self.connected(handle)
        if unit.pairing:
            raise OSError(errno.EALREADY)
        bond = self.event(GET_SECRET, THEIRS, 0, unit.key())
        unit.pairing = ENDING if bond else STARTING
        unit.pairings += not bond
        self.later(self._pair, unit, bond)

    def _pair(self, unit, bond):
        if not self._does(unit, "pairing"):
            return
        settings = self.settings
        if bond:
            level = AUTHENTICATED if bond[:3] == b"pin" else ENCRYPTED
            self._encrypted(unit, level if bond == unit.bond else 0)
        elif "refuse pairing" in unit.trouble:
            self._encrypted(unit, 0)
        elif unit.wants == "pin" and settings.get("mitm") and settings.get("io") == KEYBOARD:
            unit.pairing = ASKS
        else:
            self._encrypted(unit, ENCRYPTED)
            self._bond(unit, b"bond")

    def gap_passkey(self, handle, action, passkey):
        self._check()
        unit = self.connected(handle)
        if unit.pairing in (None, ENDING):
            raise OSError(2)
        if unit.pairing == STARTING or action != INPUT:
            raise OSError(errno.EINVAL)
        unit.pairing = ENDING
        self.later(self._compare, unit, passkey == unit.passkey)

    def _compare(self, unit, is_right):
        if self._does(unit, "pairing"):
            self._encrypted(unit, AUTHENTICATED if is_right else 0)
            if is_right:
                self._bond(unit, b"pin")

    def _encrypted(self, unit, security):
        unit.security = security
        unit.pairing = None
        if "secret" not in unit.trouble:
            told = security & 1, security >> 1, int(bool(security)), 16 * (security & 1)
            self.event(ENCRYPTION, unit.handle, *told)

    def _bond(self, unit, how):
        if self.settings.get("bond"):
            unit.bond = how + bytes([unit.pairings, self.sessions()])
            self.event(SET_SECRET, OURS, unit.key(), unit.bond)
            self.event(SET_SECRET, THEIRS, unit.key(), unit.bond)

    def sessions(self):
        return sum([unit.sessions for unit in self.units]) & 0xFF


radio = Radio()


def BLE():
    return radio


def install():
    """Let `import bluetooth` find this module."""
    sys.modules["bluetooth"] = sys.modules[__name__]
