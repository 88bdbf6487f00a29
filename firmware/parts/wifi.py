"""The WiFi as a station: several networks, the strongest first, joined again forever.

WLAN.scan() holds the loop for two seconds and leaves hidden networks out. So it is asked once, when
there are several, before the loop runs. From then on networks are joined by their names, one after
the other, and that tells how strong they are (dBm). docs/wifi.md is for users. Passwords go to the
chip and nowhere else.
"""

import asyncio
import time

import network
from micropython import const

from lib import once
from lib.tasks import counts

ORDER = 10
RADIO = True
IN_USE = ("wifi.networks|wifi.access_point",)
KEYS = {
    "networks": (
        "sections",
        {
            "ssid": ("filled", 32),
            "password": ("secret", (8, 63), ""),
            "hidden": ("switch", (), False),
        },
        (),
    ),
    "access_point": (
        "section",
        {
            "ssid": ("filled", 32),
            "password": ("secret", (8, 63)),
            "when": ("choice", ("fallback", "always"), "fallback"),
        },
        {},
    ),
    "hostname": ("label", 32, "packlog"),
    "country": ("text", 2, ""),
    "power_save": ("switch", (), True),
    "txpower": ("dbm", (2, 20), 0),
    "address": ("ip", 15, ""),
    "netmask": ("ip", 15, "255.255.255.0"),
    "gateway": ("ip", 15, ""),
    "dns": ("ip", 15, ""),
}
PC_RULES = (
    {
        "rule": "pattern",
        "keys": ("country",),
        "pattern": "([A-Z]{2})?",
        "words": "{value!r} is not two letters like DE",
    },
    {"rule": "network", "address": "address", "netmask": "netmask", "gateway": "gateway"},
)

_LOOK_MS = const(200)
_FOUND_MS = const(8000)  # to find a network and to shake hands
_JOIN_MS = const(20000)  # to get an address too
_GOOD_DBM = const(-67)  # a network that strong is taken without trying the others
_ABSENT_DBM = const(-200)
_MOST_MISSES = const(20)  # of connections in a row: some ten minutes
_FIRST_PAUSE_S = const(2)
_LONGEST_PAUSE_S = const(16)
_POINT_PAUSE_S = const(60)  # while the board has a network of its own
_PASSWORD = "No WiFi: password?"
_NOWHERE = "0.0.0.0"
_NOT_FOUND = (200, 201, 211, 212)
# Disconnected with reason 15 is what a wrong password mostly looks like on WPA2
_BAD_PASSWORD = (2, 15, 202, 204, 210)


def radio(settings):
    """Switch the WiFi on, or do nothing if it is; returns the chip's station."""
    if settings["country"]:
        network.country(settings["country"])
    network.hostname(settings["hostname"])
    wlan = network.WLAN(network.STA_IF)
    wlan.active(bool(settings["networks"]))
    if settings["txpower"] and settings["networks"]:
        wlan.config(txpower=settings["txpower"])  # dBm; the chip takes quarters
    return wlan


@once.packs
def make(settings, board):
    """The WiFi, and what finds addresses over it; for the others as board.network."""
    from lib import tcp
    from lib.resolver import Resolver

    board.network = wifi = Wifi(settings, tcp.misses, tcp.answered)
    board.resolver = Resolver(wifi.dns_servers)
    if settings["access_point"]:
        from net.access_point import AccessPoint

        wifi.point = AccessPoint(settings["access_point"], settings["txpower"])
        board.tasks += [("access point", wifi.run_point), ("names", wifi.point.names)]
    return wifi


class Wifi:
    """settings: the section wifi of config.json. state: what is wrong in 20 characters, None while
    connected. rssi in dBm and address: None while not.

    misses() says how many connections were tried since anybody has answered, answered() begins
    that anew. A WiFi that says that it is up and passes nothing is left and joined again.
    """

    @once.packs
    def __init__(self, settings, misses, answered):
        self.state = "WiFi starts"
        self.counters = {"joins": 0, "drops": 0, "failures": 0}
        self._settings = settings
        self._misses = misses
        self._answered = answered
        self._networks = [[each, _ABSENT_DBM] for each in settings["networks"]]
        self._wlan = self._told = None
        self.point = None  # a network of its own
        if self._networks:
            try:
                self._start()  # it takes some 100 ms: before the loop runs
                # And this two seconds, to begin with the strongest
                for found in self._wlan.scan() if len(self._networks) > 1 else ():
                    for known in self._networks:
                        if found[0] == known[0]["ssid"].encode():
                            known[1] = found[3]
            except OSError:
                pass  # run() comes to it again

    def values(self):
        """State, address, strength in dBm, counters."""
        found = [("wifi", self.state or "up"), ("address", self.address), ("rssi", self.rssi)]
        if self.point:
            found.append(("access_point", "up" if self.point.is_up else "off"))
            found.append(("guests", self.point.guests()))
        return found + counts("wifi", self.counters)

    @property
    def connected(self):
        """Is there an address?"""
        return bool(self._wlan and self._wlan.isconnected())

    @property
    def address(self):
        return self._wlan.ifconfig()[0] if self.connected else None

    @property
    def rssi(self):
        return self._strength() if self._wlan else None

    def dns_servers(self):
        """For the Resolver: addresses as text, none while not connected."""
        if not self.connected:
            return []
        server = self._settings["dns"] or self._wlan.ifconfig()[3]
        return [] if server == _NOWHERE else [server]

    async def run(self):
        """Join and stay joined, forever. OSError if the chip refuses: run it again later."""
        pause = _FIRST_PAUSE_S
        while self._networks:
            if not self._wlan:
                self._start()
            try:
                joined = await self._join_strongest()
            except Exception:  # an OSError or a RuntimeError: the chip is in a state of its own
                self._wlan.active(False)
                self._wlan = None
                raise
            if joined:
                pause = _FIRST_PAUSE_S
                await self._stay()
            else:
                await self._pause(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
        self.state = None if self.point else "WiFi is off"
        while True:
            await asyncio.sleep(3600)

    async def _pause(self, seconds):
        # Looking for a network takes the radio from those who are in the board's own
        point = self.point
        await asyncio.sleep(_POINT_PAUSE_S if point and point.is_up else seconds)
        while point and point.guests():
            await asyncio.sleep(5)

    async def run_point(self):
        """The board's own network comes and goes, forever."""
        while True:
            self.point.look(self.connected)
            await asyncio.sleep(1)

    def _start(self):
        settings = self._settings
        wlan = radio(settings)
        wlan.config(reconnects=0)  # when and where to is decided here
        # With Bluetooth on, an ESP32 must not be told to do without power saving
        wlan.config(pm=wlan.PM_PERFORMANCE if settings["power_save"] else wlan.PM_NONE)
        if settings["address"]:
            gateway = settings["gateway"] or _NOWHERE
            dns = settings["dns"] or gateway
            wlan.ifconfig((settings["address"], settings["netmask"], gateway, dns))
        else:
            wlan.ifconfig("dhcp")  # a fixed one outlives a soft reset
        self._wlan = wlan

    async def _join_strongest(self):
        """Join a good network, or of the weak ones in reach the strongest."""
        self._told = None
        order = sorted([(-n[1], i) for i, n in enumerate(self._networks)])
        for _, i in order:
            if await self._join(self._networks[i]) and self._networks[i][1] >= _GOOD_DBM:
                return True
        strongest = max(self._networks, key=lambda n: n[1])
        if strongest[1] == _ABSENT_DBM:
            self.state = self._told
            return False
        # The last one tried is joined still
        return self._networks[order[-1][1]] is strongest or await self._join(strongest)

    async def _join(self, known):
        wlan = self._wlan
        ssid = known[0]["ssid"]
        if not self.state or self.state == "WiFi starts":
            self.state = "Joining " + ssid[:12]
        known[1] = _ABSENT_DBM
        wlan.disconnect()
        await asyncio.sleep_ms(_LOOK_MS)  # the chip lets go in its own time
        wlan.connect(ssid, known[0]["password"] or None)
        begun = time.ticks_ms()
        waited = 0
        while waited < _JOIN_MS:
            await asyncio.sleep_ms(_LOOK_MS)
            waited = time.ticks_diff(time.ticks_ms(), begun)
            strength = self._strength()
            if wlan.isconnected():
                known[1] = strength or _GOOD_DBM
                return True
            # status() can't tell: it remembers what went wrong the time before
            if strength is None and waited >= _FOUND_MS:
                break
        trouble = self._trouble(wlan.status())
        if not self._told or trouble == _PASSWORD:  # which somebody has to put right
            self._told = trouble
        self.counters["failures"] += 1
        wlan.disconnect()
        return False

    def _trouble(self, status):
        if self._strength() is not None:
            return "WiFi: no address"
        if status in _BAD_PASSWORD:
            return _PASSWORD
        if status in _NOT_FOUND:
            return "WiFi not in reach"
        return "No WiFi: error " + str(status)

    async def _stay(self):
        self.state = None
        self.counters["joins"] += 1
        self._answered()
        while self._wlan.isconnected() and self._misses() < _MOST_MISSES:
            await asyncio.sleep(1)
        self.state = "WiFi is gone"
        self.counters["drops"] += 1

    def _strength(self):
        try:
            return self._wlan.status("rssi")
        except OSError:
            return None
