"""How the logger says that it is doing."""

import sys

try:
    import machine
except ImportError:  # CPython
    machine = None
if not hasattr(machine, "reset_cause"):

    class machine:
        reset_cause = staticmethod(lambda: 3)

    sys.modules["machine"] = machine

import health
from store import retention


class Uptime:
    seconds = 90061


class Clock:
    source = 3

    def unix(self):
        return 1780000000


class Part:
    def __init__(self, state, counters, **more):
        self.state = state
        self.counters = counters
        for name in more:
            setattr(self, name, more[name])


class Pack:
    name = "house"
    link = Part("Searching", {"drops": 2, "connects": 3})


def values(wifi=None, mqtt=None):
    if not hasattr(health.gc, "mem_free"):
        health.gc.mem_free = lambda: 100 * 1024
    retention.free_bytes = 800 * 1024
    return health.values(Uptime(), Clock(), [Pack()], wifi, mqtt)


def test_without_a_network():
    found = dict(values())
    assert found["uptime"] == 90061 and found["cause"] == "watchdog"
    assert found["clock"] == "NTP" and found["unix"] == 1780000000
    assert found["house_link"] == "Searching" and found["house_drops"] == 2
    assert "wifi" not in found and "mqtt" not in found
    lines = health.lines(list(found.items()), 20)
    assert lines[0] == b"Up 1d 1h 1m" and lines[2] == b"Boot: watchdog"
    assert lines[1].startswith(b"Free ") and lines[1].endswith(b"/800K")
    assert lines[3:] == [b"Clock NTP"]


def test_with_a_network():
    wifi = Part(None, {"drops": 1}, address="10.0.0.7", rssi=-61)
    found = values(wifi, Part("Broker refuses", {"drops": 5}))
    lines = health.lines(found, 16)
    assert lines[2] == b"WiFi -61 dBm" and lines[3] == b"MQTT Broker refu"
    assert lines[4:] == [b"Links lost: 8", b"Boot: watchdog"]
    assert dict(found)["wifi_drops"] == 1 and dict(found)["mqtt_drops"] == 5


def test_wifi_in_trouble():
    wifi = Part("WiFi: no address", {}, address=None, rssi=None)
    assert health.lines(values(wifi), 20)[2] == b"WiFi: no address"


def test_what_the_display_says_of_the_flash():
    assert health.trouble_of(None) is None
    assert health.trouble_of(OSError(28, "")) == "flash full"
    assert health.trouble_of(OSError(5, "")) == "flash error 5"
