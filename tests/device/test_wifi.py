"""The WiFi station on a radio that does what an ESP32's does: which network, when again, and what
it says of what is wrong.
"""

import sys

import board_fake
from board_fake import FakeTime, FakeWlan

with board_fake.modules() as network:
    sys.modules.pop("parts.wifi", None)
    from parts import wifi

SETTINGS = {
    "hostname": "packlog",
    "country": "",
    "power_save": True,
    "txpower": 0,
    "address": "",
    "netmask": "255.255.255.0",
    "gateway": "",
    "dns": "",
    "access_point": {},
}
HOME = {"ssid": "home", "password": "correct horse", "hidden": False}
BARN = {"ssid": "barn", "password": "stable door", "hidden": True}
SHED = {"ssid": "shed", "password": "", "hidden": False}


class Bench:
    """A Wifi, the air around it and the traffic over it."""

    def answered(self):
        self.misses = 0

    def __init__(self, *networks, air=None, **settings):
        self.misses = 0
        self.time = FakeTime()
        self.time.drive(wifi)
        FakeWlan.reset(self.time)
        self.air = FakeWlan.around
        self.air.update(air or {})
        settings = dict(SETTINGS, networks=list(networks), **settings)
        self.wifi = wifi.Wifi(settings, lambda: self.misses, self.answered)

    def run(self, seconds):
        self.time.run(self.wifi.run, seconds)
        assert len(self.wifi.state or "") <= 20
        return self

    def at(self, seconds, action):
        self.time.events.append((1000 * seconds, action))
        return self

    def asked(self):
        return [ssid for _, ssid in FakeWlan.asked]


def test_it_joins_and_says_nothing_then():
    bench = Bench(HOME)
    bench.air["home"] = ["correct horse", -70, True]
    assert bench.wifi.state == "WiFi starts"
    assert not bench.wifi.connected and bench.wifi.dns_servers() == []
    assert bench.wifi.address is None and bench.wifi.rssi is None
    bench.run(5)
    assert bench.wifi.connected and bench.wifi.state is None
    assert (bench.wifi.address, bench.wifi.rssi) == ("192.168.1.50", -70)
    assert bench.wifi.dns_servers() == ["192.168.1.1"]
    assert bench.asked() == ["home"]
    assert bench.wifi.counters == {"joins": 1, "drops": 0, "failures": 0}
    assert FakeWlan.settings == {"reconnects": 0, "pm": FakeWlan.PM_PERFORMANCE}
    assert network.names["hostname"] == "packlog" and "country" not in network.names


def test_without_networks_the_radio_stays_off():
    bench = Bench().run(100)
    assert not FakeWlan.on and bench.wifi.state == "WiFi is off"
    assert not bench.wifi.connected and bench.wifi.dns_servers() == []


def test_a_wifi_that_passes_nothing_is_joined_again():
    bench = Bench(HOME)
    bench.air["home"] = ["correct horse", -60, True]
    joins = []
    for second, misses in ((100, 19), (200, 20)):
        bench.at(second, lambda misses=misses: setattr(bench, "misses", misses))
        bench.at(second + 50, lambda: joins.append(bench.wifi.counters["joins"]))
    bench.run(300)
    assert joins == [1, 2] and bench.wifi.counters["drops"] == 1
    assert bench.asked() == ["home", "home"] and bench.misses == 0 and bench.wifi.connected


def test_settings_reach_the_chip():
    own = {"address": "10.0.0.9", "gateway": "10.0.0.1"}
    bench = Bench(HOME, country="DE", power_save=False, **own)
    bench.air["home"] = ["correct horse", -70, False]  # nobody gives addresses
    bench.run(5)
    assert FakeWlan.fixed == ("10.0.0.9", "255.255.255.0", "10.0.0.1", "10.0.0.1")
    assert bench.wifi.address == "10.0.0.9" and bench.wifi.dns_servers() == ["10.0.0.1"]
    assert FakeWlan.settings["pm"] == FakeWlan.PM_NONE
    assert network.names["country"] == "DE"
    bench = Bench(HOME, dns="9.9.9.9")
    bench.air["home"] = ["correct horse", -70, True]
    assert bench.run(5).wifi.dns_servers() == ["9.9.9.9"]


def test_it_says_what_is_wrong():
    bench = Bench(HOME).run(30)
    assert bench.wifi.state == "WiFi not in reach"
    bench.air["home"] = ["another", -60, True]
    assert bench.run(60).wifi.state == "No WiFi: password?"
    bench.air["home"] = ["correct horse", -60, False]
    assert bench.run(60).wifi.state == "WiFi: no address"
    bench.air["home"] = ["correct horse", -60, True]
    assert bench.run(60).wifi.state is None
    assert bench.wifi.counters["joins"] == 1


def test_of_two_networks_that_fail_the_one_with_a_wrong_password_is_told():
    bench = Bench(HOME, BARN)
    bench.air["home"] = ["another", -60, True]
    assert bench.run(60).wifi.state == "No WiFi: password?"


def test_a_good_network_is_taken_without_trying_the_others():
    bench = Bench(HOME, BARN, SHED)
    bench.air["home"] = ["correct horse", -60, True]
    bench.air["barn"] = ["stable door", -50, True]
    assert bench.run(60).asked() == ["home"]


def test_it_begins_with_the_strongest_of_those_it_hears():
    air = {"home": ["correct horse", -60, True], "shed": ["", -50, True]}
    assert Bench(HOME, BARN, SHED, air=air).run(60).asked() == ["shed"]
    assert FakeWlan.scans == 1
    Bench(SHED, air=air).run(60)
    assert FakeWlan.scans == 0  # nothing to choose


def test_of_weak_networks_the_strongest_is_taken():
    bench = Bench(HOME, BARN, SHED)
    bench.air["home"] = ["correct horse", -85, True]
    bench.air["barn"] = ["stable door", -75, True]
    bench.air["shed"] = ["", -80, True]
    bench.at(100, lambda: bench.air.pop("barn"))
    bench.at(102, lambda: bench.air.update(barn=["stable door", -60, True]))
    bench.run(150)
    # The next time it begins with that, and is content with what has become good
    assert bench.asked() == ["home", "barn", "shed", "barn", "barn"]
    assert bench.wifi.rssi == -60 and bench.wifi.state is None


def test_the_strongest_is_the_last_that_was_tried():
    bench = Bench(HOME, BARN)
    bench.air["home"] = ["correct horse", -85, True]
    bench.air["barn"] = ["stable door", -75, True]
    assert bench.run(60).asked() == ["home", "barn"]
    assert bench.wifi.rssi == -75


def test_a_network_that_goes_and_comes():
    bench = Bench(HOME)
    there = ["correct horse", -60, True]
    bench.air["home"] = there
    bench.at(100, lambda: bench.air.pop("home"))
    assert bench.run(101).wifi.state in ("WiFi is gone", "WiFi not in reach")
    bench.run(3600)
    attempts = [ms for ms, _ in FakeWlan.asked if ms > 200000]
    assert 22000 <= max(b - a for a, b in zip(attempts, attempts[1:])) <= 26000
    bench.air["home"] = there
    bench.run(26)
    assert bench.wifi.connected and bench.wifi.state is None
    assert bench.wifi.counters["drops"] == 1 and bench.wifi.counters["joins"] == 2


def test_it_never_waits_long_without_the_loop():
    bench = Bench(HOME, BARN)
    assert FakeWlan.scans == 1  # before it runs
    bench.run(300)
    assert FakeWlan.scans == 1
    assert bench.wifi.counters["failures"] > 10


def test_a_chip_in_a_state_of_its_own_is_switched_off_and_on():
    bench = Bench(HOME)
    bench.air["home"] = ["correct horse", -60, True]
    FakeWlan.fails = 1
    try:
        bench.run(5)
        raise AssertionError("nothing was raised")
    except OSError as error:
        assert "horse" not in str(error)
    assert not FakeWlan.on and not bench.wifi.connected
    assert bench.run(5).wifi.connected


def test_it_sends_as_strongly_as_the_config_says():
    Bench(HOME)
    assert "txpower" not in FakeWlan.settings
    Bench(HOME, txpower=8.5)
    assert FakeWlan.settings["txpower"] == 8.5
