"""What the network does must not touch the logger: WiFi, DNS and NTP in every kind of trouble, and
what comes back afterwards. The whole firmware on the virtual board, in a home network.
"""

import pytest
from host_tools.sim.network import house_network
from host_tools.sim.network.time_server import FAULTS
from host_tools.sim.network.wifi import AccessPoint
from host_tools.sim.vm import network_words as words
from tests.helpers.home_bench import CONNACK, GARBAGE, MEGABYTE, OTHER_PASSWORD, Nasty, config


def test_wifi_and_time_come_by_themselves_and_go_and_come(at_home):
    seen = at_home()
    said = seen.health()
    assert (said["wifi"], said["address"], said["rssi"]) == ("up", "192.168.1.50", "-60")
    assert said["clock"] == "NTP" and abs(seen.clock_error()) < 2.1
    seen.home.wifi.up = False
    seen.run(60)
    assert seen.health()["wifi"] == "WiFi_not_in_reach"
    assert "WiFi not in reach" in seen.shown()
    seen.home.wifi.up = True
    assert seen.resumes()
    assert seen.health()["wifi_drops"] == "1"


@pytest.mark.parametrize(
    "reason",
    [
        words.STAT_WRONG_PASSWORD,
        pytest.param(words.REASON_HANDSHAKE, marks=pytest.mark.slow),
    ],
)
def test_a_wrong_password(at_home, reason):
    seen = at_home()
    air = seen.home.wifi
    air.password, air.wrong_password = "another", reason
    air.up = False
    seen.run(10)
    air.up = True
    seen.run(20)
    assert seen.health()["wifi"] == "No_WiFi:_password?"
    assert "No WiFi: password?" in seen.shown()
    air.password = house_network.PASSWORD
    assert seen.resumes()
    seen.no_secrets()


def test_of_two_networks_in_reach_the_stronger_is_joined(at_home):
    networks = [
        {"ssid": house_network.SSID, "password": house_network.PASSWORD},
        {"ssid": "barn", "password": OTHER_PASSWORD},
    ]

    def near_the_barn(around):
        barn = AccessPoint("barn", OTHER_PASSWORD, rssi=-50, channel=1)
        around.network.access_points.append(barn)

    seen = at_home(config(networks=networks), ahead=near_the_barn)
    assert seen.health()["rssi"] == "-50" and seen.health()["wifi_joins"] == "1"
    seen.run(10)


def test_an_access_point_that_passes_nothing_on(at_home):
    """The chip says that it is connected, forever."""
    seen = at_home()
    seen.home.wifi.deaf = True
    for _ in range(20):
        seen.run(60)
        if not seen.home.wifi.deaf:
            break
    assert seen.health()["wifi_joins"] == "2"
    assert seen.resumes()


def test_nobody_gives_addresses(at_home):
    seen = at_home()
    air = seen.home.wifi
    air.dhcp = air.up = False
    seen.run(10)
    air.up = True
    seen.run(30)
    assert seen.health()["wifi"] == "WiFi:_no_address"
    air.dhcp = True
    assert seen.resumes()


def test_a_static_address_needs_nobody(at_home):
    mine = {"address": "192.168.1.77", "gateway": house_network.ROUTER}
    said = at_home(config(**mine)).health()
    assert said["address"] == "192.168.1.77" and said["clock"] == "NTP"


def test_the_other_network_where_the_first_is_gone(at_home):
    networks = [
        {"ssid": house_network.SSID, "password": house_network.PASSWORD},
        {"ssid": "barn", "password": OTHER_PASSWORD, "hidden": True},
    ]
    seen = at_home(config(networks=networks))
    barn = AccessPoint("barn", OTHER_PASSWORD, rssi=-50, channel=1, hidden=True)
    seen.home.network.access_points.append(barn)
    seen.home.wifi.up = False
    assert seen.resumes()
    assert seen.health()["rssi"] == "-50"
    seen.no_secrets()


@pytest.mark.parametrize(
    "fault", ["silent", *(pytest.param(f, marks=pytest.mark.slow) for f in ("fails", "garbage"))]
)
def test_names_that_nobody_knows(at_home, fault):
    seen = at_home()
    around = seen.home
    setattr(around.names, fault, True)
    around.broker_route.drop()
    assert seen.resumes()  # at the address of before
    around.broker_route.refuses = True
    around.broker_route.drop()
    seen.run(15)
    around.broker_route.refuses = False
    setattr(around.names, fault, False)
    assert seen.resumes()


@pytest.mark.slow
def test_a_time_server_that_is_none(at_home):
    seen = at_home()
    around = seen.home
    for fault in FAULTS[1:]:
        around.ntp.fault = fault
        asked = len(around.ntp.asked)
        around.wifi.up = False  # when it is back the server is asked at once, if it has failed
        seen.run(10)
        around.wifi.up = True
        for _ in range(10):
            seen.run(5)
            if len(around.ntp.asked) > asked:
                break
        assert len(around.ntp.asked) > asked
        assert seen.health()["clock"] == "NTP" and abs(seen.clock_error()) < 2.1
    around.ntp.fault = ""
    around.ntp_route.delay_us = 400_000
    asked = len(around.ntp.asked)
    seen.run(70)
    assert len(around.ntp.asked) > asked and abs(seen.clock_error()) < 2.1


@pytest.mark.parametrize("years_wrong", [(-30,), pytest.param((1, -30), marks=pytest.mark.slow)])
def test_a_time_server_that_jumps(at_home, years_wrong):
    seen = at_home()
    for years in years_wrong:
        asked = len(seen.home.ntp.asked)
        seen.home.ntp.wrong_s = years * 365.25 * 86400
        seen.run(65)
        assert len(seen.home.ntp.asked) > asked
        assert abs(seen.clock_error()) < 2.1
    seen.home.ntp.wrong_s = 0
    assert seen.resumes(sync=True)


def trouble(around, turn):
    """WiFi, DNS and NTP: in each turn other faults of them together."""
    around.wifi.up = turn % 3 != 1
    around.wifi.dhcp = turn % 4 != 2
    around.wifi.password = "another" if turn % 5 == 3 else house_network.PASSWORD
    around.names.silent = turn % 2 == 0
    around.ntp.fault = FAULTS[turn % len(FAULTS)]
    around.ntp.wrong_s = 1e8 * (turn % 3)


def nonsense_meanwhile(seen, says):
    """A broker that says that, twice at least, while the rest of the network has its trouble."""
    nasty = Nasty(seen, says)
    port = seen.talk_to(nasty.port)
    for turn in range(60):
        if turn >= 6 and nasty.said >= 2:
            break
        trouble(seen.home, turn)
        seen.run(10)
    assert nasty.said >= 2
    seen.talk_to(port)


@pytest.mark.slow
def test_all_at_once(at_home):
    seen = at_home()
    around, route = seen.home, seen.home.broker_route
    nonsense_meanwhile(seen, CONNACK + GARBAGE)
    nonsense_meanwhile(seen, CONNACK + MEGABYTE)
    assert int(seen.health()["mqtt_skipped"]) >= 1  # read to its end at least once
    for second in range(10):
        trouble(around, second)
        route.frozen = second % 3 == 0
        route.lost = second % 4 == 1
        route.refuses = second % 5 == 4
        if second % 4 == 2:
            route.drop()
        seen.run(10)
    around.wifi.up = around.names.silent = route.frozen = route.lost = route.refuses = True
    around.wifi.dhcp = False
    around.wifi.password = "another"
    seen.run(60)  # every one of them
    around.wifi.dhcp = True
    around.wifi.password = house_network.PASSWORD
    around.names.silent = route.frozen = route.lost = route.refuses = False
    around.ntp.fault, around.ntp.wrong_s = "", 0
    assert seen.resumes()
    seen.no_secrets()


def test_the_time_of_a_board_without_internet_comes_with_it(at_home):
    """The frames of before have their time too: the history says what time it was."""

    def far_away(around):
        around.wifi.up = False

    seen = at_home(ahead=far_away)
    assert seen.health()["clock"] == "not_set"
    seen.home.wifi.up = True
    assert seen.resumes()
