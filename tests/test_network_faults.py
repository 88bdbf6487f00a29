"""What the network does must not touch the logger: WiFi, DNS, NTP, MQTT in every kind of trouble,
and what comes back afterwards. The whole firmware on the virtual board, in a home network.
"""

import asyncio
import contextlib
import re

import pytest
from host_tools.sim import home
from host_tools.sim.radio import AccessPoint
from host_tools.sim.time_server import FAULTS
from host_tools.sim.vm import network_words as words

from boards import Files, example, history_files

START = 1_780_000_000  # unix s at board time 0
STALL_US = 50_000
SETTLED_S = 20  # from then on everything runs
RESUME_S = 60
SECRETS = (home.PASSWORD, "stable door", "old mill")
MEGABYTE = 1_000_000


def config(**wifi):
    """The example with the home network. The flash, which may stall the loop, is left alone."""
    made = example()
    networks = [{"ssid": home.SSID, "password": home.PASSWORD}]
    made["wifi"] = {"networks": networks} | wifi
    made["ntp"] = {"interval_s": 60}
    made["store"] = {"window_s": 3600, "interval_s": 3600}
    made["status_s"] = 1
    return made


@pytest.fixture
def online(bench):
    """online(config): a board that has been running in the home network for a while."""

    def make(settings=None):
        settings = settings or config()
        settings["mqtt"] = {"host": home.BROKER_NAME, "interval_s": 1, "user": "house"}
        settings["mqtt"]["password"] = SECRETS[2]
        users = {"house": SECRETS[2]}
        more = {"ahead": lambda rig: rig.add_home().add_broker(users), "wifi": True}
        board = bench(settings, start_unix_s=START, **more)
        board.board.run_until(SETTLED_S)
        board.board.longest_stall_us = 0
        return board

    return make


def health(board) -> dict[str, str]:
    """The newest line in which the logger says how it is itself."""
    lines = re.findall(r"^packlog health (.*?)\r?$", board.console(), re.MULTILINE)
    return dict(pair.split("=", 1) for pair in lines[-1].split())


def clock_error(board) -> float:
    """What the board takes the time to be minus the time, in s."""
    said = health(board)
    return int(said["unix"]) - START - board.board.now / 1e6


def watch(board, seconds):
    """Run for so long and see that the logger goes on as if nothing was."""
    for _ in range(seconds // 5):
        readings, drawn = board.count("readings"), board.rig.bus.bytes
        board.board.run(5)
        assert board.count("readings") >= readings + 4
        assert board.rig.bus.bytes > drawn + 20  # the display was written
    assert board.count("rejected") == 0
    assert board.board.hardware.lost_bytes() == 0
    assert board.board.watchdog_resets == 0 and "Traceback" not in board.console()
    assert board.board.longest_stall_us < STALL_US


def resumed(board, sync=False):
    """Is everything as it should be within a minute after the trouble has ended? sync: the time
    server too has been asked again.
    """
    published, asked = len(states(board)), len(board.rig.home.ntp.asked)
    for _ in range(RESUME_S // 5):
        watch(board, 5)
        synced = not sync or len(board.rig.home.ntp.asked) > asked
        if health(board)["wifi"] == "up" and len(states(board)) > published and synced:
            return health(board)["clock"] == "NTP" and abs(clock_error(board)) <= 2
    return False


def states(board) -> list[bytes]:
    """What the broker has heard of the pack."""
    published = board.rig.home.broker.published
    return [payload for _, topic, payload in published if topic == "packlog/house/state"]


def test_wifi_and_time_come_by_themselves_and_go_and_come(online):
    board = online()
    said = health(board)
    assert (said["wifi"], said["address"], said["rssi"]) == ("up", "192.168.1.50", "-60")
    assert said["clock"] == "NTP" and abs(clock_error(board)) <= 2
    board.rig.home.wifi.up = False
    watch(board, 60)
    assert health(board)["wifi"] == "WiFi_not_in_reach"
    assert "WiFi not in reach" in shown(board)
    board.rig.home.wifi.up = True
    assert resumed(board)
    assert health(board)["wifi_drops"] == "1"


def shown(board):
    """What the display has shown over some seconds: its pages take turns."""
    texts = ""
    for _ in range(16):
        board.board.run(1)
        texts += board.lcd()
    return texts


def test_a_wrong_password(online):
    board = online()
    air = board.rig.home.wifi
    for reason in (words.REASON_HANDSHAKE, words.STAT_WRONG_PASSWORD):
        air.password, air.wrong_password = "another", reason
        air.up = False
        board.board.run(8)
        air.up = True
        watch(board, 20)
        assert health(board)["wifi"] == "No_WiFi:_password?"
        assert "No WiFi: password?" in shown(board)
        air.password = home.PASSWORD
        assert resumed(board)
    no_secrets(board)


def test_nobody_gives_addresses(online):
    board = online()
    air = board.rig.home.wifi
    air.dhcp = air.up = False
    board.board.run(8)
    air.up = True
    watch(board, 30)
    assert health(board)["wifi"] == "WiFi:_no_address"
    air.dhcp = True
    assert resumed(board)


def test_a_static_address_needs_nobody(online):
    mine = {"address": "192.168.1.77", "gateway": home.ROUTER}
    board = online(config(**mine))
    assert health(board)["address"] == "192.168.1.77" and health(board)["clock"] == "NTP"


def test_the_other_network_where_the_first_is_gone(online):
    networks = [
        {"ssid": home.SSID, "password": home.PASSWORD},
        {"ssid": "barn", "password": SECRETS[1], "hidden": True},
    ]
    board = online(config(networks=networks))
    barn = AccessPoint("barn", SECRETS[1], rssi=-50, channel=1, hidden=True)
    board.rig.home.network.access_points.append(barn)
    board.rig.home.wifi.up = False
    assert resumed(board)
    assert health(board)["rssi"] == "-50"
    no_secrets(board)


@pytest.mark.slow
def test_names_that_nobody_knows(online):
    board = online()
    around = board.rig.home
    for fault in ("silent", "fails", "garbage"):
        setattr(around.names, fault, True)
        around.broker_route.drop()
        assert resumed(board)  # at the address of before
        around.broker_route.refuses = True
        around.broker_route.drop()
        watch(board, 15)
        around.broker_route.refuses = False
        setattr(around.names, fault, False)


@pytest.mark.slow
def test_a_time_server_that_is_none(online):
    board = online()
    around = board.rig.home
    for fault in FAULTS[1:]:
        around.ntp.fault = fault
        asked = len(around.ntp.asked)
        around.wifi.up = False  # when it is back the server is asked at once, if it has failed
        watch(board, 10)
        around.wifi.up = True
        for _ in range(10):
            watch(board, 5)
            if len(around.ntp.asked) > asked:
                break
        assert len(around.ntp.asked) > asked
        assert health(board)["clock"] == "NTP" and abs(clock_error(board)) <= 2
    around.ntp.fault = ""
    around.ntp_route.delay_us = 400_000
    asked = len(around.ntp.asked)
    watch(board, 70)
    assert len(around.ntp.asked) > asked and abs(clock_error(board)) <= 2


def test_a_time_server_that_jumps(online):
    board = online()
    for years in (-30, 1):
        asked = len(board.rig.home.ntp.asked)
        board.rig.home.ntp.wrong_s = years * 365.25 * 86400
        watch(board, 65)
        assert len(board.rig.home.ntp.asked) > asked
        assert abs(clock_error(board)) <= 2
    board.rig.home.ntp.wrong_s = 0
    assert resumed(board, sync=True)


def test_a_broker_in_trouble(online):
    board = online()
    broker, route = board.rig.home.broker, board.rig.home.broker_route

    def frozen(on):
        route.frozen = on

    def refuses(on):
        route.refuses = on
        route.drop()

    def lost(on):
        route.lost = on
        route.drop()

    def stopped(on):
        broker.stop() if on else broker.start()

    for trouble in (frozen, refuses, lost, stopped):
        assert resumed(board)
        trouble(True)
        watch(board, 5)
        published = len(states(board))
        watch(board, 30)
        assert len(states(board)) == published
        trouble(False)
    assert resumed(board)
    no_secrets(board)


def test_a_broker_that_talks_nonsense(online):
    board = online()
    route = board.rig.home.broker_route
    good = route.port
    for answer in (
        bytes(range(256)) * 4,
        b"\x20\x02\x00\x05",  # not authorized
        b"\x20\x02\x00\x00" + b"\xff" * 100,
        b"\x20\x02\x00\x00" + packet_of(MEGABYTE),
        b"",
    ):
        server = talker(board.rig.home.world, answer)
        opened, route.port = route.opened, server.sockets[0].getsockname()[1]
        route.drop()
        watch(board, 25)
        assert route.opened > opened
        server.close()
        route.port = good
        route.drop()
        assert resumed(board), answer[:8]


def talker(world, answer):
    """A server that answers the first packet so, whatever it is, and then says no more."""

    async def talk(reader, writer):
        with contextlib.suppress(ConnectionError):
            await reader.read(1000)
            writer.write(answer)
            await reader.read()

    return world.run(asyncio.start_server(talk, "127.0.0.1", 0))


def packet_of(size):
    """A message of so many bytes to a topic that nobody has asked for."""
    head, left = bytearray(b"\x30"), size
    while left:
        head.append(left & 127 | (128 if left > 127 else 0))
        left >>= 7
    return bytes(head) + b"\x00\x03a/b" + bytes(size - 5)


def test_all_at_once_and_one_after_the_other(online):
    board = online()
    around = board.rig.home
    for second in range(10):
        around.wifi.up = second % 3 != 1
        around.wifi.dhcp = second % 4 != 2
        around.wifi.password = "another" if second % 5 == 3 else home.PASSWORD
        around.names.silent = second % 2 == 0
        around.ntp.fault = FAULTS[second % len(FAULTS)]
        around.ntp.wrong_s = 1e8 * (second % 3)
        around.broker_route.frozen = second % 3 == 0
        around.broker_route.lost = second % 4 == 1
        if second % 4 == 2:
            around.broker_route.drop()
        watch(board, 10)
    around.wifi.up = around.wifi.dhcp = True
    around.wifi.password = home.PASSWORD
    around.names.silent = False
    around.ntp.fault, around.ntp.wrong_s = "", 0
    around.broker_route.frozen = around.broker_route.lost = False
    assert resumed(board)
    no_secrets(board)


def no_secrets(board):
    """No password in what the board says, shows or keeps but for its config."""
    texts = shown(board)
    board.board.console.interrupted = True  # Ctrl-C: what is in RAM goes to flash
    board.board.run(1)
    texts += board.console()
    published = board.rig.home.broker.published
    texts += "".join(topic + payload.decode("latin1") for _, topic, payload in published)
    assert "everything is on flash" in texts
    board.board.power_off()
    with Files(board.image) as files:
        for path in history_files(files):
            with files.open(path, "rb") as file:
                texts += file.read().decode("latin1")
    assert not [secret for secret in SECRETS if secret in texts]


def test_the_time_of_a_board_without_internet_comes_with_it(bench):
    """The frames of before have their time too: the history says what time it was."""
    settings = config()
    settings["store"] = {"window_s": 5}
    board = bench(settings, wifi=True, start_unix_s=START)
    board.rig.home.wifi.up = False
    board.board.run_until(60)
    assert health(board)["clock"] == "not_set"
    board.rig.home.wifi.up = True
    board.board.run(60)
    assert health(board)["clock"] == "NTP" and abs(clock_error(board)) <= 2
