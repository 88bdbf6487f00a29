"""The board's own network: when it comes and goes, and what it says of names."""

import asyncio
import sys

try:
    asyncio.core  # noqa: B018
except AttributeError:
    asyncio.core = None  # CPython has none


class Wlan:
    """An ESP32's access point. strict: it is not configured before it is on."""

    strict = False

    def __init__(self, interface):
        assert interface == 1
        self.on = False
        self.settings = {}
        self.stations = 0

    def config(self, **values):
        if self.strict and not self.on:
            raise OSError("Wifi Not Started")
        self.settings.update(values)

    def active(self, on):
        if on and not self.strict:
            assert self.settings["key"]  # it is never an open one
        self.on = on

    def status(self, what):
        assert what == "stations"
        return [(b"",)] * self.stations


class Network:
    AP_IF = 1
    WLAN = Wlan


before = sys.modules.get("network")
sys.modules["network"] = Network
sys.modules.pop("net.access_point", None)
from net import access_point  # noqa: E402

if before is None:
    del sys.modules["network"]
else:
    sys.modules["network"] = before

SETTINGS = {"ssid": "van", "password": "green barn", "when": "fallback"}


def looks(point, seconds, connected):
    for _ in range(seconds):
        point.look(connected)


def test_one_that_is_always_there():
    point = access_point.AccessPoint(dict(SETTINGS, when="always"))
    assert not point.is_up and point.guests() == 0
    point.look(True)
    assert point.is_up and point._wlan.on
    assert point._wlan.settings == {"ssid": "van", "key": "green barn", "security": 3}
    looks(point, 1000, True)
    assert point.is_up


def test_one_for_where_no_known_network_is():
    for strict in (False, True):
        Wlan.strict = strict
        point = access_point.AccessPoint(SETTINGS)
        looks(point, 59, False)
        looks(point, 1, True)
        looks(point, 59, False)
        assert not point.is_up
        point.look(False)
        assert point.is_up and point._wlan.settings["key"]
        point._wlan.stations = 1
        looks(point, 100, True)
        assert point.is_up and point.guests() == 1  # somebody is in it
        looks(point, 1, False)
        point._wlan.stations = 0
        looks(point, 59, True)
        assert point.is_up
        point.look(True)
        assert not point.is_up and not point._wlan.on
    Wlan.strict = False


QUESTION = b"\x12\x34\1\0\0\1\0\0\0\0\0\0\x07captive\x05apple\x03com\0"


def test_every_name_is_the_boards():
    said = access_point.answer(QUESTION + b"\0\1\0\1")
    assert said[:12] == b"\x12\x34\x85\x80\0\1\0\1\0\0\0\0"
    assert said[12:-16] == QUESTION[12:] + b"\0\1\0\1"
    assert said[-16:] == b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\xa8\4\1"
    none = access_point.answer(QUESTION + b"\0\x1c\0\1")  # of IPv6
    assert none[:8] == b"\x12\x34\x85\x80\0\1\0\0" and none[12:] == QUESTION[12:] + b"\0\x1c\0\1"


def test_what_is_no_question_is_not_answered():
    whole = QUESTION + b"\0\1\0\1"
    assert access_point.answer(whole + b"more")
    for size in range(len(whole)):
        assert access_point.answer(whole[:size]) is None, size
    assert access_point.answer(b"\x12\x34\x81" + whole[3:]) is None  # an answer
    assert access_point.answer(whole[:12] + b"\xc0" + whole[13:]) is None
    for at in range(len(whole)):
        for byte in (0, 1, 63, 64, 255):
            said = access_point.answer(whole[:at] + bytes([byte]) + whole[at + 1 :])
            assert said is None or len(said) <= len(whole) + 16
