"""The virtual board's WiFi station and the access points around it, in board time (us).

Times as an ESP32 takes them: a channel is searched for 120 ms, an access point that is gone is
missed after six seconds, the address comes a second after the association. What an access point
is and does can be changed at any time: its fields are read when they matter.
"""

import ipaddress
import struct
from dataclasses import dataclass

from host_tools.sim.vm import network_words as words

CHANNEL_US = 120_000
CHANNELS = 13
SCAN_US = 2_100_000  # 11 channels that are asked and two that are only listened to
START_US = 40_000  # to switch the radio on
HANDSHAKE_US = 350_000
BAD_HANDSHAKE_US = 3_500_000
DHCP_US = 1_000_000
BEACONS_US = 6_000_000
LOST_US = 120_000_000  # an address outlives the link for so long

OFF, IDLE, SEARCHING, JOINING, REFUSED, ASKING, UP = range(7)
SEC_OPEN, SEC_WPA2 = 0, 3


@dataclass
class AccessPoint:
    """A network in reach. password "": an open one. up: is it switched on and in reach?"""

    ssid: str
    password: str = ""
    channel: int = 6
    rssi: int = -60
    hidden: bool = False
    up: bool = True
    dhcp: bool = True  # gives addresses
    deaf: bool = False  # takes nothing from whom it knows; who joins anew is heard
    address: str = "192.168.1.50"  # the one it gives
    netmask: str = "255.255.255.0"
    gateway: str = "192.168.1.1"
    dns: str = "192.168.1.1"
    wrong_password: int = words.REASON_HANDSHAKE  # what the chip is told of one

    def lease(self) -> bytes:
        """What DHCP says: address, netmask, gateway, DNS server."""
        given = (self.address, self.netmask, self.gateway, self.dns)
        return b"".join(ipaddress.ip_address(each).packed for each in given)


class Station:
    """The chip's WiFi. around: the access points."""

    def __init__(self, around: list[AccessPoint]):
        self.around = around
        self.reset()

    def reset(self) -> None:
        """Forget everything: the chip was reset."""
        self.state = OFF
        self.reconnects = -1
        self._left = 0  # attempts that the chip makes by itself yet
        self._wanted: tuple[str, str] | None = None
        self._reason = 0
        self._due: int | None = None
        self._static: bytes | None = None
        self._addresses = bytes(16)
        self._lost_at: int | None = None
        self.joined: AccessPoint | None = None

    # What the firmware asks for

    def active(self, on: bool, now: int) -> int:
        """Switch on or off; returns how long it takes."""
        if on == (self.state != OFF):
            return 0
        self._to(IDLE if on else OFF)
        self._wanted = self.joined = None
        if not on:
            self._addresses = bytes(16)
        return START_US

    def join(self, ssid: str, key: str, now: int) -> int:
        """Begin to connect; returns an errno."""
        if self.state == OFF:
            return words.WIFI_NOT_STARTED
        if self.state in (SEARCHING, JOINING, REFUSED):
            return words.WIFI_STATE
        self._wanted = (ssid, key)
        self._left = self.reconnects
        self._search(now)
        return 0

    def leave(self, now: int) -> int:
        """Disconnect; returns an errno."""
        if self.state == OFF:
            return words.WIFI_NOT_STARTED
        self._wanted = None
        if self.state != IDLE:
            self._reason = words.REASON_LEFT
        if self.state == UP:
            self._lost_at = now + LOST_US
        self._to(IDLE)
        self.joined = None
        return 0

    def status(self) -> int:
        """What WLAN.status() says: the last failure for as long as there is no address."""
        told = (words.STAT_NO_AP_FOUND, words.STAT_WRONG_PASSWORD)
        if self.state == UP:
            return words.STAT_GOT_IP
        if self._reason in told:
            return self._reason
        if self._reason == words.REASON_LEFT:
            return words.STAT_IDLE
        if self._wanted and (self.reconnects < 0 or self._left >= 0):
            return words.STAT_CONNECTING
        return self._reason or words.STAT_IDLE

    def scan(self) -> bytes:
        """What WLAN.scan() finds, strongest first."""
        seen = sorted((ap for ap in self.around if ap.up), key=lambda ap: -ap.rssi)
        return b"".join(_record(i, ap) for i, ap in enumerate(seen))

    def set_addresses(self, addresses: bytes) -> None:
        """An address of its own; b"": ask for one."""
        self._static = addresses or None
        if self._static and self.state == UP:
            self._addresses = self._static

    @property
    def addresses(self) -> bytes:
        """Address, netmask, gateway and DNS server, 4 bytes each."""
        return self._addresses

    @property
    def address(self) -> bytes:
        return self._addresses[:4]

    @property
    def is_up(self) -> bool:
        """What WLAN.isconnected() says."""
        return self.state == UP

    @property
    def rssi(self) -> int | None:
        """In dBm, of the access point that it is associated with."""
        return self.joined.rssi if self.state in (ASKING, UP) and self.joined.up else None

    def has_link(self) -> bool:
        """Do packets pass? (An access point that is gone is missed later.)"""
        return self.state == UP and bool(self.joined) and self.joined.up and not self.joined.deaf

    # Time

    def next_us(self, now: int) -> int | None:
        """When the next thing happens by itself."""
        times = [t for t in (self._due, self._lost_at, self._miss(now)) if t is not None]
        return min(times, default=None)

    def _miss(self, now: int) -> int | None:
        """When the silence of the access point is noticed."""
        if self.state not in (ASKING, UP) or self.joined.up:
            self._silent_since = None
            return None
        if self._silent_since is None:
            self._silent_since = now
        return self._silent_since + BEACONS_US

    def advance(self, now: int) -> None:
        """Let happen what is due."""
        while self._due is not None and self._due <= now:
            due, self._due = self._due, None
            self._next(due)
        missed = self._miss(now)
        if missed is not None and missed <= now:
            self._fail(words.STAT_BEACON_TIMEOUT, now)
        if self._lost_at is not None and self._lost_at <= now:
            self._addresses, self._lost_at = bytes(16), None

    _silent_since: int | None = None

    def _to(self, state: int, due: int | None = None) -> None:
        self.state, self._due = state, due

    def _search(self, now: int) -> None:
        self.joined = None
        found = self._found()
        channels = found.channel if found else CHANNELS
        self._to(SEARCHING, now + CHANNEL_US * channels)

    def _found(self) -> AccessPoint | None:
        # The chip takes the first that it comes across, channel by channel.
        fitting = [ap for ap in self.around if ap.up and ap.ssid == self._wanted[0]]
        return min(fitting, key=lambda ap: ap.channel, default=None)

    def _next(self, now: int) -> None:
        if self.state == SEARCHING:
            ap = self._found()
            if not ap:
                self._fail(words.STAT_NO_AP_FOUND, now)
            elif ap.password and ap.password != self._wanted[1]:
                self.joined = ap
                self._to(REFUSED, now + BAD_HANDSHAKE_US)
            else:
                self.joined = ap
                self._to(JOINING, now + HANDSHAKE_US)
        elif self.state == REFUSED:
            self._fail(self.joined.wrong_password, now)
        elif self.state == JOINING:
            self._to(ASKING, now if self._static else now + DHCP_US)
        elif self.state == ASKING:
            self._take_address(now)

    def _take_address(self, now: int) -> None:
        if not self._static and not self.joined.dhcp:
            self._to(ASKING, now + DHCP_US)  # asks again, forever
            return
        self._addresses = self._static or self.joined.lease()
        self.joined.deaf = False
        self._lost_at = None
        self._reason = 0
        self._to(UP)

    def _fail(self, reason: int, now: int) -> None:
        if self.state == UP:
            self._lost_at = now + LOST_US
        self._reason = reason
        self.joined = None
        self._to(IDLE)
        if self._wanted and (self.reconnects < 0 or self._left > 0):
            self._left -= 1
            self._search(now)
        else:
            self._left = -1


def _record(number: int, ap: AccessPoint) -> bytes:
    ssid = b"" if ap.hidden else ap.ssid.encode()
    bssid = bytes((2, 0, 0, 0, 1, number))
    security = SEC_WPA2 if ap.password else SEC_OPEN
    return struct.pack(words.SCANNED, len(ssid), ssid, bssid, ap.channel, ap.rssi, security)
