"""What net/ needs of a board, on any Python: `machine` with an RTC, `network` with a WLAN that
behaves as an ESP32's, and a time that only waiting moves.

with modules(): the modules of net/ can be imported. Then clock.drive(module) lets one go by that
time: module.time and module.asyncio are the fake's.
"""

import asyncio
import sys
import time

EPOCH = 946684800 if time.gmtime(0)[0] == 2000 else 0
LEFT, HANDSHAKE, NO_AP, IDLE, CONNECTING, GOT_IP = 8, 15, 201, 1000, 1001, 1010
JOIN_MS, ADDRESS_MS, SEARCH_MS, REFUSE_MS = 500, 1500, 2400, 4500


class Over(Exception):
    """The time that was given is over."""


class Wall:
    """What net.clock and the parts know as time: that of an RTC. rtc: a FakeRtc."""

    def __init__(self, rtc):
        self._rtc = rtc

    def time(self):
        return self._rtc.ms() // 1000

    def gmtime(self, seconds=None):
        return time.gmtime((self.time() if seconds is None else seconds) - EPOCH)


class FakeTime:
    """Both time and asyncio for a module. crystal: ms that it loses in 10**6 s; events: what
    happens at a time in ms.
    """

    def __init__(self):
        self.now = 0
        self.limit = 0
        self.events = []  # (ms, action), in order

    def drive(self, module):
        module.time = module.asyncio = self

    def ticks_ms(self):
        return self.now & 0x3FFFFFFF

    def ticks_diff(self, end, start):
        return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000

    async def sleep_ms(self, ms):
        until = self.now + ms
        while self.events and self.events[0][0] <= until:
            self.now, action = self.events.pop(0)
            action()
        self.now = until
        if self.now > self.limit:
            raise Over

    async def sleep(self, seconds):
        await self.sleep_ms(1000 * seconds)

    def run(self, start, seconds):
        """Run a coroutine function for so long."""
        self.limit = self.now + 1000 * seconds
        try:
            asyncio.run(start())
        except Over:
            return
        raise AssertionError("it ended")


class FakeRtc:
    """machine.RTC of a board whose crystal loses `slow` ms in 10**6 s. now(): true ms."""

    now = None
    slow = 0
    offset = 0  # what it says in ms of unix time, minus its own ms

    def ms(self):
        return self.offset + self.now() - self.now() * self.slow // 1000000000

    def datetime(self, fields=None):
        if fields is None:
            return (0, 0, 0, 0, 0, 0, 0, self.ms() % 1000 * 1000)
        y, mo, d, _, h, mi, s, us = fields
        unix = _unix(y, mo, d, h, mi, s)
        FakeRtc.offset += unix * 1000 + us // 1000 - self.ms()


def _unix(year, month, day, hour, minute, second):
    if month < 3:
        year -= 1
        month += 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day
    return ((days - 719469) * 24 + hour) * 3600 + minute * 60 + second


class FakeWlan:
    """An ESP32's station. around: SSID -> [password, dBm, gives addresses]. As there, status()
    tells the last failure until an address has come.
    """

    PM_NONE, PM_PERFORMANCE = 0, 1
    around = {}
    time = None

    def __init__(self, interface):
        assert interface == 0

    @classmethod
    def reset(cls, clock):
        cls.time = clock
        cls.around = {}
        cls.settings = {}
        cls.asked = []  # (ms, SSID) of each connect
        cls.scans = 0
        cls.reason = 0
        cls.on = False
        cls.fails = 0  # so many connects raise
        cls.fixed = None
        cls.goal = None

    def active(self, on):
        FakeWlan.on = on
        FakeWlan.goal = None

    def config(self, **values):
        self.settings.update(values)

    def scan(self):
        FakeWlan.scans += 1
        return [(ssid.encode(), b"", 1, each[1], 3, False) for ssid, each in self.around.items()]

    def connect(self, ssid, key):
        assert self.on
        if FakeWlan.fails:
            FakeWlan.fails -= 1
            raise OSError("Wifi Internal State Error")
        self.asked.append((self.time.now, ssid))
        FakeWlan.goal = (ssid, key or "", self.time.now)

    def disconnect(self):
        if self.goal:
            FakeWlan.reason = LEFT
        FakeWlan.goal = None

    def _look(self):
        """(associated, has an address) by now."""
        if not self.goal:
            return False, False
        ssid, key, begun = self.goal
        since = self.time.now - begun
        there = self.around.get(ssid)
        if not there or there[0] != key:
            if since >= (REFUSE_MS if there else SEARCH_MS):
                FakeWlan.reason = HANDSHAKE if there else NO_AP
                FakeWlan.goal = None
            return False, False
        up = since >= ADDRESS_MS and (there[2] or self.fixed is not None)
        if up:
            FakeWlan.reason = 0
        return since >= JOIN_MS, up

    def isconnected(self):
        return self._look()[1]

    def status(self, what=None):
        associated, up = self._look()
        if what:
            if not associated:
                raise OSError("Wifi Not Connected")
            return self.around[self.goal[0]][1]
        if up:
            return GOT_IP
        return {0: CONNECTING if self.goal else IDLE, LEFT: IDLE}.get(self.reason, self.reason)

    def ifconfig(self, addresses=None):
        if addresses:
            FakeWlan.fixed = None if addresses == "dhcp" else addresses
        dhcp = ("192.168.1.50", "255.255.255.0", "192.168.1.1", "192.168.1.1")
        return (self.fixed or dhcp) if self.isconnected() else ("0.0.0.0",) * 4


class _Module:
    pass


class modules:
    """with modules(): import machine, network and micropython give the fakes."""

    def __enter__(self):
        self.before = {name: sys.modules.get(name) for name in ("machine", "network")}
        machine, network = _Module(), _Module()
        machine.RTC = FakeRtc
        network.WLAN = FakeWlan
        network.STA_IF = 0
        network.names = names = {}
        network.hostname = lambda name: names.update(hostname=name)
        network.country = lambda code: names.update(country=code)
        sys.modules["machine"], sys.modules["network"] = machine, network
        import micropython  # on CPython that of the package with the unix port, without const

        if not hasattr(micropython, "const"):
            micropython.const = int
        return network

    def __exit__(self, *error):
        for name, module in self.before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
