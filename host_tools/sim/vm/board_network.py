"""The network module of the virtual board: WiFi as an ESP32 has it.

As there: status() remembers the last failure until an address comes, a wrong password is often
told as a failed handshake (15), scan() blocks for two seconds, the chip tries again by itself
unless it is told not to.
"""

import errno
import struct

import link
import memory
import network_words as words

STA_IF, AP_IF = 0, 1
for _name in dir(words):
    if _name.startswith("STAT_"):
        globals()[_name] = getattr(words, _name)
AUTH_OPEN, AUTH_WPA2_PSK = 0, 3

_TEXTS = {
    words.WIFI_NOT_STARTED: "Wifi Not Started",
    words.WIFI_NOT_CONNECTED: "Wifi Not Connected",
    words.WIFI_STATE: "Wifi Internal State Error",
}
_MAC = b"\x02\x00\x5e\x10\x00\x01"
_hostname = "mpy-esp32"
_country = "XX"
_broken = False


def hostname(name=None):
    global _hostname
    if name is None:
        return _hostname
    if len(name) > 32:
        raise ValueError
    _hostname = name


def country(code=None):
    global _country
    if code is None:
        return _country
    if len(code) != 2:
        raise ValueError
    _country = code


def _call(op, a=0, value=0, data=None):
    try:
        return link.call(op, a, 0, value, data)
    except OSError as error:
        raise OSError(_TEXTS.get(error.errno, error.errno))


def _packed(address):
    return bytes([int(part) for part in address.split(".")])


def _take_memory():
    # The driver is started for both interfaces at once. One that did not get its memory leaves half
    # of itself behind: it cannot be started again before a reset.
    global _broken
    if memory.chip and not _broken:
        _broken = not memory.take("wifi", memory.chip["wifi"])
    if _broken and memory.version < (1, 26):
        raise RuntimeError("Wifi Unknown Error 0x0101")
    if _broken:
        raise OSError("WiFi Out of Memory")


class WLAN:
    IF_STA, IF_AP = 0, 1
    SEC_OPEN, SEC_WPA2 = 0, 3
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    _instances = {}

    def __new__(cls, interface=0):
        if interface not in (0, 1):
            raise ValueError("invalid WLAN interface identifier")
        if interface not in cls._instances:
            _take_memory()
            made = cls._instances[interface] = object.__new__(cls)
            made._access_point = interface == 1
            made._active = False
            made._options = {"pm": 1, "reconnects": -1, "txpower": 20, "channel": 1, "ssid": ""}
            if interface:
                made._options.update(ssid="ESP_100001", key="", security=AUTH_OPEN, max_clients=10)
        return cls._instances[interface]

    def _station(self):
        if self._access_point:
            raise OSError("STA required")

    def _switch(self, on):
        # A chip has its radio where there is no network at all around the board, too
        try:
            _call(words.ACTIVE, 1 if on else 0)
        except OSError as error:
            if error.errno != errno.ENODEV:
                raise

    def active(self, on=None):
        if on is not None:
            if not self._access_point:
                self._switch(on)
            self._active = bool(on)
            self._tell_point()
        return self._active

    def _tell_point(self):
        if self._access_point:
            key = self._options["key"] if self._options["security"] else ""
            if self._options["security"] and len(key) < 8:
                raise OSError("Wifi Invalid Password")
            said = self._options["ssid"].encode() + b"\0" + key.encode()
            _call(words.POINT, int(self._active), 0, said)

    def connect(self, ssid=None, key=None, *, bssid=None):
        self._station()
        if ssid is not None:
            self._options["ssid"] = ssid
            self._key = key or ""
        _call(words.JOIN, 0, 0, self._options["ssid"].encode() + b"\0" + self._key.encode())

    def disconnect(self):
        self._station()
        _call(words.LEAVE)

    def isconnected(self):
        if self._access_point:
            return False
        _call(words.IS_CONNECTED)
        return link.value == 1

    def status(self, what=None):
        if what is None:
            if self._access_point:
                return None
            _call(words.STATUS)
        elif what == "stations":
            if not self._access_point:
                raise OSError("AP required")
            _call(words.STATIONS)
            return [(bytes(6),)] * link.value
        elif what == "rssi":
            self._station()
            _call(words.RSSI)
        else:
            raise ValueError("unknown status param")
        return link.value

    def scan(self):
        self._station()
        data = _call(words.SCAN) or b""
        size = struct.calcsize(words.SCANNED)
        found = []
        for at in range(0, len(data), size):
            length, ssid, bssid, channel, rssi, security = struct.unpack_from(
                words.SCANNED, data, at
            )
            found.append((ssid[:length], bssid, channel, rssi, security, False))
        return found

    def ifconfig(self, addresses=None):
        if self._access_point:
            return ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0")
        if addresses is None:
            data = _call(words.ADDRESSES)
            return tuple([".".join([str(n) for n in data[i : i + 4]]) for i in (0, 4, 8, 12)])
        if addresses == "dhcp":
            _call(words.SET_ADDRESSES)
        else:
            _call(words.SET_ADDRESSES, 0, 0, b"".join([_packed(each) for each in addresses]))

    def config(self, *what, **values):
        for name, value in values.items():
            if name not in self._options:
                raise ValueError("unknown config param")
            self._options[name] = value
            if name == "reconnects":
                _call(words.SET_RECONNECTS, 0, value)
        if values and self._active:
            self._tell_point()
        if not what:
            return None
        if what[0] == "mac":
            return _MAC
        if what[0] not in self._options:
            raise ValueError("unknown config param")
        return self._options[what[0]]
