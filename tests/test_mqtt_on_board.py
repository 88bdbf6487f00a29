"""MQTT on the virtual board, with a real broker: what it is told, and that nothing it does hurts.

The broker is amqtt in the board's own time. tests/test_mqtt.py asks mosquitto as well.
"""

import asyncio
import json
import subprocess
import time

import pytest
from host_tools.device import Device
from host_tools.sim import config_of, home
from host_tools.sim.micropython import find
from host_tools.sim.process import VM
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.workshop import port_of

from boards import Files, example, history_files

START = 1_780_000_000  # unix s at board time 0
SETTLED_S = 40
STALL_US = 50_000
RESUME_S = 60
SECRET = "stable door"


def config(**mqtt):
    made = example()
    made["wifi"] = {"networks": [{"ssid": home.SSID, "password": home.PASSWORD}]}
    made["mqtt"] = {"host": home.BROKER_NAME, "user": "packlog", "password": SECRET} | mqtt
    made["status_s"] = 1
    return made


class Watch:
    """A bench with a broker, and the eyes on it."""

    def __init__(self, bench, settings=None):
        users = {"packlog": SECRET}
        self.bench = bench(
            settings or config(),
            wifi=True,
            start_unix_s=START,
            ahead=lambda rig: rig.home.add_broker(users),
        )
        self.board = self.bench.board
        self.home = self.bench.rig.home
        self.board.run_until(SETTLED_S)
        self.board.longest_stall_us = 0

    @property
    def published(self):
        return self.home.broker.published

    def fresh(self, since_s):
        """Topics published since that board time."""
        return {topic for at, topic, _ in self.published if at > since_s}

    def run(self, seconds):
        """Run, and see that the logger goes on as if nothing was."""
        for _ in range(max(1, seconds // 5)):
            readings, drawn = self.bench.count("readings"), self.bench.rig.bus.bytes
            self.board.run(5)
            assert self.bench.count("readings") >= readings + 4
            assert self.bench.rig.bus.bytes > drawn + 20  # the display is written every second
        assert self.bench.count("rejected") == 0
        assert self.board.hardware.lost_bytes() == 0
        assert self.board.watchdog_resets == 0 and "Traceback" not in self.bench.console()
        assert " failed: " not in self.bench.console()
        assert self.board.longest_stall_us < STALL_US

    def resumes(self):
        since = self.board.now / 1e6
        self.run(RESUME_S)
        return "chargerybms/soc" in self.fresh(since) and "packlog/house/state" in self.fresh(since)


@pytest.fixture
def watch(bench):
    return lambda settings=None: Watch(bench, settings)


def test_what_the_broker_is_told(watch):
    seen = watch()
    seen.run(30)
    retained = seen.home.broker.retained()
    assert retained["packlog/status"] == b"online"
    state = json.loads(retained["packlog/house/state"])
    assert 40 < state["voltage"] < 60
    health = json.loads(retained["packlog/health"])
    assert health["cause"] == "power on" and health["uptime"] > 30
    topics = {topic for _, topic, _ in seen.published}
    for name in ("watthour", "amphour", "batteryvolt", "cellhigh", "celllow", "maxvolt"):
        assert f"chargerybms/{name}" in topics
    assert any(topic.startswith("homeassistant/sensor/") for topic in retained)


@pytest.mark.parametrize("end", ["stop", "power cut", "crash"])
def test_the_status_is_offline_after_the_end(watch, end):
    seen = watch()
    assert seen.home.broker.retained()["packlog/status"] == b"online"
    if end == "stop":
        with port_of(seen.board) as port:
            device = Device(port)
            device.interrupt()
            wait_for(lambda: seen.home.broker.retained()["packlog/status"] == b"offline")
            device.restart()
            device.close()
        return
    if end == "power cut":
        seen.board.power_off()
    else:
        seen.board._reset(3)  # as the watchdog does; main.py starts again, WiFi takes a while
        seen.home.wifi.up = False
    begun = seen.board.now
    while seen.home.broker.retained()["packlog/status"] != b"offline":
        seen.board.now += 1_000_000
        seen.home.world.settle()
        assert seen.board.now - begun < 200_000_000, "no last will"


def wait_for(true):
    """At the REPL board time is real time: packets need some of it."""
    deadline = time.monotonic() + 20
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert true()


class Nasty:
    """A broker on the World's loop that answers CONNECT and then says that."""

    def __init__(self, watch, says, chunk=0):
        self.says = says
        self.clients = 0
        server = watch.home.world.run(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]

    async def _talk(self, reader, writer):
        self.clients += 1
        try:
            await reader.read(500)
            writer.write(self.says)
            while await reader.read(4000):
                pass
        except OSError:
            pass
        finally:
            writer.close()


CONNACK = b"\x20\x02\x00\x00"
MEGABYTE = b"\x30" + b"\xc0\x84\x3d" + b"\x00\x01a" + bytes(999_997)
NASTY = {
    "garbage at once": bytes(range(7, 250)),
    "garbage later": CONNACK + bytes(range(7, 250)),
    "a megabyte": CONNACK + MEGABYTE,
    "an endless length": CONNACK + b"\x30\xff\xff\xff\xff\xff",
    "refused": b"\x20\x02\x00\x05",
    "half an answer": b"\x20",
}


def instead(seen, port):
    """Let another server be the broker; returns the old port."""
    route = seen.home.broker_route
    old, route.port = route.port, port
    route.drop()
    return old


@pytest.mark.parametrize("kind", NASTY)
def test_a_broker_that_says_nonsense(watch, kind):
    seen = watch()
    nasty = Nasty(seen, NASTY[kind])
    port = instead(seen, nasty.port)
    seen.run(60)
    assert nasty.clients >= 1
    instead(seen, port)
    assert seen.resumes()


def test_every_fault_one_after_the_other_and_all_together(watch):
    seen = watch()
    route, around = seen.home.broker_route, seen.home

    def names(on):
        around.names.silent = on

    def refuses(on):
        route.refuses = on
        route.drop()

    def black_hole(on):
        route.frozen = route.lost = on

    def wifi(on):
        around.wifi.up = not on

    def password(on):
        around.wifi.password = "another" if on else home.PASSWORD
        wifi(True)
        seen.board.run(6)
        wifi(False)

    def clock(on):
        around.ntp.wrong_s = 5 * 365.25 * 86400 if on else 0

    faults = (names, refuses, black_hole, wifi, password, clock)
    for fault in faults:
        fault(True)
        seen.run(60)
        fault(False)
        assert seen.resumes(), fault.__name__
    for fault in faults:
        fault(True)
    seen.run(90)
    for fault in faults:
        fault(False)
    assert seen.resumes()


def test_secrets_go_nowhere(watch):
    seen = watch()
    seen.home.wifi.password = "another"
    seen.home.wifi.up = False
    seen.run(10)
    seen.home.wifi.up = True
    seen.run(40)
    seen.home.wifi.password = home.PASSWORD
    seen.run(40)
    instead(seen, Nasty(seen, NASTY["refused"]).port)
    seen.run(40)
    said = seen.board.console.transcript + b"".join(data for _, _, data in seen.published)
    shown = "".join(seen.bench.lcd() for _ in range(10) if not seen.board.run(4))
    seen.board.power_off()
    with Files(seen.bench.image) as files:
        for path in history_files(files):
            with files.open(path, "rb") as file:
                said += file.read()
    for secret in (SECRET, home.PASSWORD):
        assert secret.encode() not in said and secret not in shown


# What stands in for an ESP32's own modules is Python, and in the same heap as the firmware.
OWN = """
import gc, sys
sys.path.insert(0, {vm!r})
gc.collect()
before = gc.mem_alloc()
import board_asyncio, board_bluetooth, board_errno, board_machine, board_network, board_select
import board_socket, board_time, board_tls, flash
gc.collect()
print(gc.mem_alloc() - before)
"""


def own_heap():
    """Bytes that the board's own modules take, which are in an ESP32's flash."""
    code = OWN.format(vm=str(VM))
    done = subprocess.run([find(), "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.parametrize(
    ("first_s", "last_s"),
    [
        pytest.param(900, 1800, id="half an hour"),
        pytest.param(3600, 86400, id="a day", marks=pytest.mark.slow),
    ],
)
def test_the_heap_is_enough_and_stays_as_it_is(bench, first_s, last_s):
    """256 KB for the firmware: objects of 64 bits, about twice the size of an ESP32's."""
    settings = config()
    settings["status_s"] = 10
    heap = f"{256 * 1024 + own_heap()}"
    seen = Watch(lambda *a, **plan: bench(*a, settings={"heap": heap}, **plan), settings)
    seen.board.run_until(first_s)
    before = seen.bench.count("heap")
    seen.board.run_until(last_s)
    assert abs(seen.bench.count("heap") - before) <= 4096
    assert "MemoryError" not in seen.bench.console() and seen.board.starts == 1
    assert seen.bench.count("readings") > 0.99 * last_s
    assert seen.fresh(last_s - 30)


def test_a_broker_of_the_users_own_is_in_the_boards_network(tmp_path):
    plan = Plan(flash=tmp_path / "flash.img", broker_port=1884)
    rig = Rig(plan)
    try:
        made = config_of.config_of(plan, rig)
        assert made["mqtt"] == {"host": home.BROKER_NAME} and made["wifi"]["networks"]
        assert rig.home.broker_route.port == 1884 and rig.home.broker_route.external
    finally:
        rig.board.close()
