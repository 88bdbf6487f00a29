"""The board's own WiFi network, for where there is none: always, or when no known one is in reach.

Phones look there whether they are in the internet. Here every name is the board (DNS, RFC 1035),
and its web server sends them to its page: so they show it by themselves.
"""

import asyncio
import socket
from asyncio import core

import network

ADDRESS = "192.168.4.1"  # as ESP-IDF has it; its DHCP server says that it is the name server, too
_PACKED = b"\xc0\xa8\x04\x01"
_DNS = 53
_AWAY_S = 60  # without a known network: begin
_BACK_S = 60  # with one, and nobody here: end
_WPA2 = 3
_LONGEST = 300  # bytes of a question


class AccessPoint:
    """settings: ssid, password, when; txpower in dBm, 0: as the chip does. is_up: is the network
    there? NETWORK: how addresses in it begin.
    """

    ADDRESS = ADDRESS
    NETWORK = ADDRESS[:10]

    def __init__(self, settings, txpower=0):
        self.is_up = False
        self._txpower = txpower
        self._settings = settings
        self._wlan = None
        self._away = self._back = 0

    def up(self):
        """Begin. OSError if the chip refuses."""
        self._wlan = wlan = network.WLAN(network.AP_IF)
        try:
            self._configure()  # or for a moment it would be an open one
        except OSError:
            pass  # some versions want it to be on for that
        wlan.active(True)
        self._configure()
        if self._txpower:
            wlan.config(txpower=self._txpower)
        self.is_up = True

    def _configure(self):
        settings = self._settings
        self._wlan.config(ssid=settings["ssid"], key=settings["password"], security=_WPA2)

    def down(self):
        """End."""
        self.is_up = False
        self._wlan.active(False)

    def guests(self):
        """How many phones and the like are in it."""
        try:
            return len(self._wlan.status("stations")) if self.is_up else 0
        except OSError:
            return 0

    def look(self, connected):
        """Once a second: begin or end? connected: in a known network."""
        if connected:
            self._away = 0
            self._back += 1
        else:
            self._away += 1
            self._back = 0
        if not self.is_up:
            if self._settings["when"] == "always" or self._away >= _AWAY_S:
                self.up()
        elif self._settings["when"] != "always" and self._back >= _BACK_S and not self.guests():
            self.down()

    async def names(self):
        """Say of every name that it is the board's, forever."""
        while not self.is_up:
            await asyncio.sleep(1)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.bind(socket.getaddrinfo(ADDRESS, _DNS)[0][-1])
            while True:
                await _readable(sock)
                query, end = sock.recvfrom(_LONGEST)
                said = answer(query)
                if said and self.is_up:
                    try:
                        sock.sendto(said, end)
                    except OSError:
                        pass  # it asks again
        finally:
            sock.close()


def _readable(sock):
    yield core._io_queue.queue_read(sock)


def answer(query):
    """What is said to a question over UDP: there are addresses of IPv4. None if it is none."""
    if len(query) < 17 or query[2] & 0xF8 or query[4:6] != b"\0\1":
        return None
    at = 12
    while at < len(query) and query[at]:
        if query[at] > 63:
            return None
        at += 1 + query[at]
    question = query[12 : at + 5]
    if at + 5 > len(query):
        return None
    known = question[-4:] == b"\0\1\0\1"
    head = query[:2] + b"\x85\x80\0\1\0" + bytes([known]) + b"\0\0\0\0"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + _PACKED
    return head + question + (record if known else b"")
