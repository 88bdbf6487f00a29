"""The bluetooth module of the virtual board, as an ESP32 with NimBLE has it in the central's role.

Events come between two operations of the firmware, and what they carry (addresses, UUIDs, data) is
only good until the handler returns: the memory is used again. An exception in the handler is
printed and takes the handler out. The role of a peripheral is not there.
"""

import struct
import sys

import bluetooth_words as words
import board_machine as machine
import link
import memory

FLAG_READ, FLAG_WRITE_NO_RESPONSE, FLAG_WRITE = 0x02, 0x04, 0x08
FLAG_NOTIFY, FLAG_INDICATE = 0x10, 0x20
CONNECT_MS = 2000  # how long gap_connect tries unless told
_TAKE = 1024  # bytes of records fetched at a time: more than the largest one has

_records = bytearray(_TAKE)
_address = bytearray(6)
_data = bytearray(_TAKE)
_used_again = b"\xa5" * _TAKE
_address_view = memoryview(_address)
_data_view = memoryview(_data)
_ble = None


def _call(op, a=0, b=0, val=0, data=None):
    try:
        return link.call(op, a, b, val, data)
    except OSError as error:
        if error.errno == words.ENOTCONN:
            raise OSError(-words.ENOTCONN)
        raise


class UUID(bytes):
    """16, 32 or 128 bits. Its buffer has the low byte first, its text the high one."""

    def __init__(self, value):
        if isinstance(value, int):
            if not 0 <= value < 65536:
                raise ValueError("invalid UUID")
            value = struct.pack("<H", value)
        elif isinstance(value, str):
            value = _from_text(value)
        elif len(bytes(value)) not in (2, 4, 16):
            value = _from_text(str(bytes(value), "utf8"))
        super().__init__(bytes(value))

    def __eq__(self, other):
        return isinstance(other, UUID) and bytes(self) == bytes(other)

    def __lt__(self, other):
        mine, its = bytes(self), bytes(other)
        return mine < its if len(mine) == len(its) else len(mine) < len(its)

    def __gt__(self, other):
        return other < self

    def __le__(self, other):
        return not other < self

    def __ge__(self, other):
        return not self < other

    def __hash__(self):
        return hash(bytes(self))

    def __repr__(self):
        digits = bytes(reversed(bytes(self))).hex()
        if len(digits) <= 8:
            return "UUID(0x" + digits + ")"
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return "UUID('" + "-".join(parts) + "')"

    __str__ = __repr__


def _from_text(text):
    digits = text.replace("-", "")
    if len(digits) != 32:
        raise ValueError("UUID too short" if len(digits) < 32 else "UUID too long")
    try:
        return bytes(reversed(bytes.fromhex(digits)))
    except ValueError:
        raise ValueError("invalid char in UUID")


class BLE:
    """There is one: BLE() always returns it."""

    def __new__(cls):
        global _ble
        if _ble is None:
            _ble = object.__new__(cls)
            _ble._handler = None
            _ble._name = b"MPY ESP32"
            _ble._security = {"bond": 0, "mitm": 0, "le_secure": 1, "io": 3}
            link.on_event = _fetch
        return _ble

    def active(self, on=None):
        if on is not None and memory.chip:
            self._share(on)
        _call(words.ACTIVE, 2 if on is None else 1 if on else 0)
        return bool(link.value)

    def _share(self, on):
        if not on:
            memory.give("ble")
        elif not memory.take("ble", memory.chip["ble"]):
            if memory.version < (1, 28):
                print("Guru Meditation Error: Core  0 panic'ed (LoadProhibited).")
                machine.reset()
            raise OSError(words.ENOMEM)

    def irq(self, handler):
        if handler is not None and not callable(handler):
            raise ValueError("invalid handler")
        self._handler = handler

    def config(self, *query, **settings):
        if not settings:
            if len(query) != 1:
                raise TypeError("must query one param")
            return self._query(query[0])
        if query:
            raise TypeError("can't specify pos and kw args")
        for name, value in settings.items():
            self._set(name, value)

    def _query(self, name):
        if name == "mac":
            answer = _call(words.ADDRESS)
            return (answer[0], bytes(answer[1:]))
        if name == "mtu":
            _call(words.MTU)
            return link.value
        if name == "gap_name":
            return self._name
        raise ValueError("unknown config param")  # rxbuf too: an ESP32 has no such buffer

    def _set(self, name, value):
        if name == "mtu":
            if not 0 < value < 65536:
                raise OSError(words.EINVAL)
            _call(words.MTU, 0, 0, value)
        elif name == "gap_name":
            self._name = bytes(value, "utf8") if isinstance(value, str) else bytes(value)
        elif name in self._security:
            self._security[name] = int(value)
            now = self._security
            bits = words.BOND * now["bond"] | words.MITM * now["mitm"]
            _call(words.SECURITY, bits | words.LE_SECURE * now["le_secure"], now["io"])
        elif name != "addr_mode":
            raise ValueError("unknown config param")

    def gap_scan(self, duration_ms=0, interval_us=1280000, window_us=11250, active=False):
        if duration_ms is None:
            _call(words.SCAN_STOP)
            return
        times = struct.pack(words.SCAN_FORMAT, duration_ms, interval_us, window_us)
        _call(words.SCAN, 1 if active else 0, 0, 0, times)

    def gap_connect(self, addr_type, addr=None, scan_duration_ms=None, min_us=None, max_us=None):
        if addr_type is None:
            _call(words.CONNECT_CANCEL)
            return
        if addr is None:
            raise TypeError("invalid addr")
        if len(addr) != 6:
            raise ValueError("invalid addr")
        ms = CONNECT_MS if scan_duration_ms is None else scan_duration_ms
        request = struct.pack(words.CONNECT_FORMAT, bytes(addr), ms, min_us or 0, max_us or 0)
        _call(words.CONNECT, addr_type, 0, 0, request)

    def gap_disconnect(self, conn_handle):
        _call(words.DISCONNECT, 0, conn_handle)
        return True

    def gap_pair(self, conn_handle):
        """With the bond that the handler has, if it has one."""
        key = bytes(_call(words.PEER, 0, conn_handle))
        known = self._handler and self._handler(words.GET_SECRET, (words.THEIRS, 0, key))
        _call(words.PAIR, 0, conn_handle, 0, bytes(known) if known else None)

    def gap_passkey(self, conn_handle, action, passkey):
        _call(words.PASSKEY, action, conn_handle, passkey)

    def gap_advertise(self, interval_us=500000, adv_data=None, **options):
        if interval_us is not None:
            raise OSError(words.EOPNOTSUPP)

    def gatts_register_services(self, services):
        raise OSError(words.EOPNOTSUPP)

    def gattc_discover_services(self, conn_handle, uuid=None):
        _call(words.SERVICES, 0, conn_handle, 0, _wanted(uuid))

    def gattc_discover_characteristics(self, conn_handle, start_handle, end_handle, uuid=None):
        handles = start_handle << 16 | end_handle
        _call(words.CHARACTERISTICS, 0, conn_handle, handles, _wanted(uuid))

    def gattc_discover_descriptors(self, conn_handle, start_handle, end_handle):
        _call(words.DESCRIPTORS, 0, conn_handle, start_handle << 16 | end_handle)

    def gattc_read(self, conn_handle, value_handle):
        _call(words.READ, 0, conn_handle, value_handle)

    def gattc_write(self, conn_handle, value_handle, data, mode=0):
        if int(mode) not in (0, 1):
            raise OSError(words.EINVAL)
        data = bytes(data, "utf8") if isinstance(data, str) else bytes(data)
        _call(words.WRITE, int(mode), conn_handle, value_handle, data)

    def gattc_exchange_mtu(self, conn_handle):
        _call(words.EXCHANGE_MTU, 0, conn_handle)


def _wanted(uuid):
    if uuid is None:
        return None
    if not isinstance(uuid, UUID):
        raise TypeError("UUID")
    return bytes(uuid)


def _fetch():
    """Hand what has happened to the handler."""
    count = link.request(words.EVENTS, 0, 0, _TAKE, None, _records) & 0xFFFFFFFF
    at = 0
    while at < count:
        event, size = struct.unpack_from(words.RECORD, _records, at)
        at += words.RECORD_SIZE
        handler = _ble._handler
        if handler:
            try:
                handler(event, _fields(event, at, size))
            except Exception as error:
                print("Unhandled exception in IRQ callback handler")
                sys.print_exception(error)
                _ble._handler = None
            _address[:] = _used_again[:6]
            _data[:size] = _used_again[:size]
        at += size


def _fields(event, at, size):
    form, rest = words.FORMATS[event]
    fields = []
    for value in struct.unpack_from(form, _records, at):
        if isinstance(value, bytes):
            _address[:] = value
            value = _address_view
        fields.append(value)
    if rest:
        begin = struct.calcsize(form)
        count = size - begin
        _data[:count] = memoryview(_records)[at + begin : at + size]
        view = _data_view[:count]
        if rest == "k":
            fields.append(view[: words.KEY_SIZE])
            view = view[words.KEY_SIZE :]
        fields.append(UUID(view) if rest == "u" else view)
    return tuple(fields)
