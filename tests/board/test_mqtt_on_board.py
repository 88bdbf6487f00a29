"""MQTT on the virtual board, with a real broker: what it is told, and that nothing it does hurts.

The broker is amqtt in the board's own time. tests/firmware/test_mqtt.py asks mosquitto as well.
"""

import json
import subprocess

import pytest
from host_tools.board.device import Device
from host_tools.ground.micropython import find
from host_tools.sim.board.process import VM
from host_tools.sim.workshop import port_of
from tests.helpers.home_bench import CONNACK, GARBAGE, MEGABYTE, NAME, Nasty, config, wait_for


def test_what_the_broker_is_told(at_home):
    seen = at_home()
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


@pytest.mark.parametrize(
    "end", ["power cut", "stop", pytest.param("crash", marks=pytest.mark.slow)]
)
def test_the_status_is_offline_after_the_end(at_home, end):
    seen = at_home()
    assert seen.home.broker.retained()["packlog/status"] == b"online"
    if end == "stop":
        with port_of(seen.board) as port, Device(port) as device, device.stopped():
            wait_for(lambda: seen.home.broker.retained()["packlog/status"] == b"offline")
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


@pytest.mark.parametrize(
    "trouble",
    ["frozen", "lost", *(pytest.param(t, marks=pytest.mark.slow) for t in ("refuses", "stopped"))],
)
def test_a_broker_in_trouble(at_home, trouble):
    seen = at_home()
    broker, route = seen.home.broker, seen.home.broker_route

    def begin_or_end(on):
        if trouble == "stopped":
            broker.stop() if on else broker.start()
        else:
            setattr(route, trouble, on)
            if trouble != "frozen":  # a connection that is there stays
                route.drop()

    begin_or_end(True)
    seen.run(5)
    since = seen.board.now / 1e6
    seen.run(30)
    assert not seen.fresh(since)
    begin_or_end(False)
    assert seen.resumes()
    seen.no_secrets()


NASTY = {
    "says nothing": b"",
    "garbage at once": GARBAGE,
    "garbage later": CONNACK + GARBAGE,
    "a megabyte": CONNACK + MEGABYTE,
    "an endless length": CONNACK + b"\x30\xff\xff\xff\xff\xff",
    "not authorized": b"\x20\x02\x00\x05",
    "half an answer": b"\x20",
}


OFTEN = ("garbage later", "not authorized")


@pytest.mark.parametrize(
    "kind", [k if k in OFTEN else pytest.param(k, marks=pytest.mark.slow) for k in NASTY]
)
def test_a_broker_that_says_nonsense(at_home, kind):
    seen = at_home()
    nasty = Nasty(seen, NASTY[kind])
    port = seen.talk_to(nasty.port)
    seen.run(60)
    assert nasty.clients >= 1
    seen.talk_to(port)
    assert seen.resumes()
    seen.no_secrets()


def test_nothing_is_lost_while_it_computes_for_as_long_as_a_board(at_home):
    """Elsewhere computing takes no time. How long a stall is here depends on this computer."""
    seen = at_home(settings={"cpu_factor": 40})
    while "packlog house " not in seen.bench.console():  # a start takes its time, too
        seen.board.run(5)
    bus = seen.bench.rig.bus
    for _ in range(2):
        since = seen.board.now / 1e6
        seen.home.broker_route.drop()  # all is announced once more
        for _ in range(7):  # a status line is seconds old itself
            readings, drawn = seen.bench.count("readings"), bus.bytes
            seen.board.run(10)
            assert seen.bench.count("readings") >= readings + 7
            assert bus.bytes > drawn + 20
        told = seen.fresh(since)
        assert {"packlog/status", "packlog/health", f"packlog/{NAME}/state"} <= told
        assert sum(topic.endswith("/config") for topic in told) > 25
    assert seen.board.hardware.lost_bytes() == 0
    assert seen.bench.count("rejected") == 0
    assert seen.board.watchdog_resets == 0 and seen.board.starts == 1


# What stands in for an ESP32's own modules is Python, and in the same heap as the firmware.
OWN = """
import gc, sys
sys.path.insert(0, {vm!r})
gc.collect()
before = gc.mem_alloc()
import board_asyncio, board_bluetooth, board_errno, board_machine, board_network, board_select
import board_console, board_socket, board_time, board_tls, flash
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
        pytest.param(120, 240, id="four minutes"),
        pytest.param(3600, 86400, id="a day", marks=pytest.mark.slow),
    ],
)
def test_the_heap_is_enough_and_stays_as_it_is(at_home, first_s, last_s):
    """310 KB for the firmware: objects of 64 bits, about twice the size of an ESP32's."""
    settings = config()
    settings["status_s"] = settings["mqtt"]["interval_s"] = 10
    settings["ntp"] = {}
    seen = at_home(settings, settings={"heap": f"{310 * 1024 + own_heap()}"})
    seen.board.run_until(first_s)
    before = seen.bench.count("heap")
    seen.board.run_until(last_s)
    assert abs(seen.bench.count("heap") - before) <= 4096
    assert "MemoryError" not in seen.bench.console() and seen.board.starts == 1
    assert seen.bench.count("readings") > last_s - 20  # one a second
    assert seen.published_all(last_s - 30), (seen.published[-1], seen.health())
