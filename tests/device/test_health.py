"""How the logger says that it is doing."""

import health
from parts.lcd import trouble_of
from screen.state import health_lines
from store import retention
from version import VERSION

FREE = 800 * 1024
FREE_HEAP = 100 * 1024
USED_HEAP = 50 * 1024


class Uptime:
    seconds = 90061


class Clock:
    source = 3

    def unix(self):
        return 1780000000


class Link:
    state = "Searching"
    counters = {"drops": 2, "connects": 3}


class Pack:
    name = "house"
    link = Link
    sign = None
    is_fresh = True

    def fresh(self):
        return self.is_fresh


class Part:
    """One that reports these pairs."""

    def __init__(self, *pairs):
        self._pairs = pairs

    def values(self):
        return self._pairs


class Board:
    cause = 3
    uptime = Uptime()
    clock = Clock()
    packs = [Pack()]

    def __init__(self, *parts):
        self.parts = parts


class Flash:
    """os of a board with that much free."""

    @staticmethod
    def statvfs(folder):
        return 4096, 4096, 1000, FREE // 4096


class Heap:
    """gc of a board with that much in use, and free."""

    @staticmethod
    def collect():
        pass

    @staticmethod
    def mem_free():
        return FREE_HEAP

    @staticmethod
    def mem_alloc():
        return USED_HEAP


def values(*parts):
    real_os, retention.os = retention.os, Flash
    real_gc, health.gc = health.gc, Heap
    try:
        assert retention.look("/") == 4096
        return health.values(Board(*parts))
    finally:
        retention.os, health.gc = real_os, real_gc


def test_without_a_network():
    found = values()
    assert [key for key, _ in found] == [
        "uptime",
        "cause",
        "heap_free",
        "flash_free",
        "clock",
        "unix",
        "heap_used",
        "packlog",
        "micropython",
        "house_link",
        "house_connects",
        "house_drops",
    ]
    lines = health_lines(found, 20)
    found = dict(found)
    assert found["packlog"] == VERSION and found["micropython"].count(".") == 2
    assert found["uptime"] == 90061 and found["cause"] == "watchdog"
    assert found["clock"] == "NTP" and found["unix"] == 1780000000
    assert found["flash_free"] == FREE
    assert found["house_link"] == "Searching" and found["house_drops"] == 2
    assert lines[0] == b"Up 1d 1h 1m" and lines[2] == b"Boot: watchdog"
    assert found["heap_free"] == FREE_HEAP and found["heap_used"] == USED_HEAP
    assert lines[1] == b"Free 100K/800K"
    assert lines[3:] == [b"Clock NTP"]


def test_what_the_parts_report_comes_in_their_order():
    wifi = Part(("wifi", "up"), ("rssi", -61), ("wifi_drops", 1))
    found = values(wifi, Part(), Part(("mqtt", "Broker refuses"), ("mqtt_drops", 5)))
    assert found[9:14] == [
        ("wifi", "up"),
        ("rssi", -61),
        ("wifi_drops", 1),
        ("mqtt", "Broker refuses"),
        ("mqtt_drops", 5),
    ]
    lines = health_lines(found, 16)
    assert lines[2] == b"WiFi -61 dBm" and lines[3] == b"MQTT Broker refu"
    assert lines[4:] == [b"Links lost: 8", b"Boot: watchdog"]


def test_a_link_that_is_up_without_a_reading_says_so():
    real = Link.state, Pack.is_fresh
    try:
        Link.state = None
        assert dict(values())["house_link"] == "up"
        Pack.is_fresh = False
        assert dict(values())["house_link"] == "up, no data"
        Link.state = "Searching"
        assert dict(values())["house_link"] == "Searching"
    finally:
        Link.state, Pack.is_fresh = real


def test_a_current_that_the_soc_contradicts_is_in_it():
    class Wrong:
        wrong = True

    try:
        Pack.sign = Wrong
        assert values()[-1] == ("house_sign", "against the SoC")
        Wrong.wrong = False
        assert "house_sign" not in dict(values())
    finally:
        Pack.sign = None


def test_wifi_in_trouble():
    wifi = Part(("wifi", "WiFi: no address"), ("rssi", None))
    assert health_lines(values(wifi), 20)[2] == b"WiFi: no address"


def test_what_the_display_says_of_the_flash():
    assert trouble_of(None) is None
    assert trouble_of(OSError(28, "")) == "flash full"
    assert trouble_of(OSError(5, "")) == "flash error 5"


def test_on_an_esp32_both_heaps():
    real = health.heap.idf
    health.heap.idf = lambda: (50000, 30000, 20000)
    try:
        found = dict(values())
    finally:
        health.heap.idf = real
    assert found["heap_used"] == USED_HEAP
    assert (found["idf_free"], found["idf_largest"], found["idf_least"]) == (50000, 30000, 20000)
