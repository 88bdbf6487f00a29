"""MQTT against real brokers on loopback: what is published, what is retained, the last will."""

import json
import signal

import home_assistant
import pytest
from known_readings import CHARGERY_TOPICS
from tests.helpers.mqtt.brokers import BROKERS
from tests.helpers.mqtt.rig import HOUSE, Board, Listener, patiently

GOOD = {"heiko": "s3cr3t-pässwörd"}


# One broker in the default run, which is mosquitto where that is installed; both with -m slow
FIRST, *OTHERS = BROKERS


@pytest.fixture(params=[FIRST, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def make_broker(request, tmp_path):
    made = []

    def make(**options):
        made.append(BROKERS[request.param](tmp_path / "broker", **options))
        return made[-1].start()

    yield make
    for broker in made:
        broker.stop()


@pytest.fixture
def bench(request):
    """bench(thing): the thing is closed at the end."""
    things = []

    def keep(thing):
        things.append(thing)
        return thing

    yield keep
    for thing in things:
        thing.close()


@pytest.mark.parametrize("qos", [0, 1])
def test_every_topic_says_what_the_reading_says(make_broker, bench, qos):
    broker = make_broker()
    listener = bench(Listener(broker.port))
    board = bench(Board(broker.port, qos=qos, cells=True))
    expected = {
        **CHARGERY_TOPICS,
        "cellvolt1": b"3.33",
        "cellvolt4": b"3.325",
        "cellimped1": b"0.3",
        "cellimped4": b"0.5",
    }
    for topic, payload in expected.items():
        assert listener.wait("chargerybms/" + topic)[1:3] == (payload, False), topic
    state = json.loads(listener.wait("packlog/house/state")[1])
    assert state["time"] == 1700000000
    assert (state["voltage"], state["current"], state["power"]) == (53.28, -5.2, -277.1)
    assert state["cells"] == [3.33, 3.331, 3.32, 3.325]
    assert state["temperatures"] == [22.8, -0.5]
    assert listener.wait("packlog/status")[1:3] == (b"online", False)
    if broker.tells_qos:
        assert {message[3] for message in listener.messages} == {qos}
    health = json.loads(listener.wait("packlog/health")[1])
    assert health == {"uptime": 7, "restart": "power", "heap_free": 100000, "drops": 0}
    report = board.wait(lambda report: report["published"] >= 25)
    assert (report["connects"], report["drops"], report["skipped"]) == (1, 0, 0)


def test_a_reading_is_published_once_and_the_newest_wins(make_broker, bench):
    port = make_broker().port
    listener = bench(Listener(port))
    board = bench(Board(port))
    listener.wait("chargerybms/soc", b"74")
    board.wait(lambda report: report["beats"].get("Connected", 0) > 400)  # two seconds, nothing new
    assert len(listener.payloads("packlog/house/state")) == 1
    board.order("read", 0, *({"soc": soc} for soc in range(60, 70)))
    listener.wait("chargerybms/soc", b"69")
    assert listener.payloads("chargerybms/soc") == [b"74", b"69"]
    assert len(listener.payloads("packlog/house/state")) == 2


def test_no_topic_comes_more_often_than_the_interval(make_broker, bench):
    port = make_broker().port
    listener = bench(Listener(port))
    board = bench(Board(port, interval_s=3600))
    listener.wait("chargerybms/soc", b"74")
    board.order("read", 0, {"soc": 60})
    before = board.beats("Connected")
    board.wait(lambda report: report["beats"].get("Connected", 0) > before + 100)
    assert listener.payloads("chargerybms/soc") == [b"74"]


def test_a_silent_pack_is_offline_and_its_last_reading_is_not_handed_out(make_broker, bench):
    port = make_broker().port
    board = bench(Board(port))
    listener = bench(Listener(port))
    listener.wait("packlog/house/status", b"online")
    listener.wait("chargerybms/aggimped")
    board.order("silent", 0)
    listener.wait("packlog/house/status", b"offline")
    late = bench(Listener(port))
    assert late.wait("packlog/house/status")[1:3] == (b"offline", True)
    state = late.wait("packlog/house/state")
    assert json.loads(state[1]) == {"bms": "chargery", "time": 1700000000}
    assert state[2]
    board.order("read", 0, {"soc": 61})
    late.wait("packlog/house/status", b"online")
    late.wait("chargerybms/soc", b"61")


def test_who_comes_late_finds_states_but_no_chargery_values(make_broker, bench):
    port = make_broker().port
    board = bench(Board(port))
    board.wait(lambda report: report["published"] >= 17)
    before = board.beats("Connected")
    board.wait(lambda report: report["beats"]["Connected"] > before + 50)
    late = bench(Listener(port))
    for topic in ("packlog/status", "packlog/house/status", "packlog/house/state"):
        assert late.wait(topic)[2] == 1, topic
    late.publish("mark", b"")
    late.wait("mark")
    assert [m for m in late.messages if m[0].startswith("chargerybms")] == []


@pytest.mark.parametrize("end", ["kill", "stop", pytest.param("hang", marks=pytest.mark.slow)])
def test_the_status_is_offline_after_every_kind_of_end(make_broker, bench, end):
    broker = make_broker()
    if end == "hang" and not broker.misses_silent:
        pytest.skip("this broker does not look after the keepalive")
    port = broker.port
    listener = bench(Listener(port))
    board = bench(Board(port, shorten={"KEEPALIVE_S": 2, "PING_MS": 500}))
    listener.wait("packlog/status", b"online")
    if end == "kill":
        board.kill()
    elif end == "stop":
        board.order("stop")
    else:  # a power cut: the connection stays, nothing comes any more
        board.process.send_signal(signal.SIGSTOP)
    listener.wait("packlog/status", b"offline")
    late = bench(Listener(port))
    assert late.wait("packlog/status")[1:3] == (b"offline", True)
    if end == "stop":
        board.wait_for("Off")
        listener.publish("mark", b"")
        listener.wait("mark")
        assert listener.payloads("packlog/status") == [b"online", b"offline"]  # and no last will
        assert board.wait(lambda report: not report["running"])["drops"] == 0
        board.end()
    elif end == "hang":
        board.process.send_signal(signal.SIGCONT)


def test_user_and_password(make_broker, bench, tmp_path):
    port = make_broker(users=GOOD).port
    wrong = bench(Board(port, user="heiko", password="n0t-this-one"))
    right = bench(Board(port, user="heiko", password=GOOD["heiko"], client_id="other"))
    listener = bench(Listener(port, "heiko", GOOD["heiko"]))
    right.wait_for("Connected")
    listener.wait("packlog/house/state")
    wrong.wait_for("Wrong password")
    assert wrong.report["connects"] == 0
    for board, password in ((wrong, "n0t-this-one"), (right, GOOD["heiko"])):
        out = "".join(board.heard) + repr(listener.messages)
        assert password not in out
        assert repr(password.encode())[2:-1] not in out


def test_a_broker_that_was_away_is_told_everything_again(make_broker, bench):
    broker = make_broker()
    board = bench(Board(broker.port, interval_s=2))
    board.wait(lambda report: report["published"] >= 17)
    broker.stop()
    board.wait_for("Broker not reached")
    board.order("read", 0, {"soc": 50})
    broker.start()
    listener = bench(Listener(broker.port))
    listener.wait("packlog/house/state")
    assert set(listener.payloads("chargerybms/soc")) <= {b"50"}
    report = board.wait(lambda report: report["connects"] == 2)
    assert report["drops"] == 1


def test_home_assistant_is_told_when_it_starts(make_broker, bench):
    port = make_broker().port
    listener = bench(Listener(port))
    bench(Board(port, discovery=True))
    patiently(lambda: len(announced(listener)) == 26 + 4)  # the pack's and the logger's
    first = announced(listener)
    assert set(first.values()) == {1}
    listener.messages.clear()
    listener.publish("homeassistant/status", b"offline")
    listener.publish("homeassistant/status", b"online")
    patiently(lambda: announced(listener) == first)
    late = bench(Listener(port))
    patiently(lambda: {m[0] for m in late.messages if m[2]} >= set(first))  # they are retained


def test_a_bms_that_is_silent_from_the_start_has_its_connectivity(make_broker, bench):
    port = make_broker().port
    listener = bench(Listener(port))
    bench(Board(port, packs=(("house", "chargery", None),), discovery=True))
    topic = "homeassistant/binary_sensor/a1b2c3_house_link/config"
    config = json.loads(listener.wait(topic)[1])
    assert config["stat_t"] == "packlog/house/status"
    assert listener.wait("packlog/house/status")[1] == config["pl_off"].encode()


def announced(listener):
    """How often each entity was announced."""
    topics = [message[0] for message in listener.messages]
    return {t: topics.count(t) for t in topics if t.endswith("/config")}


def test_a_message_of_a_megabyte_is_skipped(make_broker, bench):
    port = make_broker().port
    listener = bench(Listener(port))
    board = bench(Board(port, discovery=True))
    listener.wait("packlog/status", b"online")
    listener.publish("homeassistant/status", bytes(1 << 20))
    board.wait(lambda report: report["skipped"] == 1)
    board.order("read", 0, {"soc": 33})
    listener.wait("chargerybms/soc", b"33")
    assert (board.report["connects"], board.report["drops"]) == (1, 0)


def test_several_packs_have_topics_of_their_own(make_broker, bench):
    port = make_broker().port
    listener = bench(Listener(port))
    fields = {"voltage": 26400, "current": -50, "soc": 51, "switches": 3, "cells": [3300] * 8}
    fields.update(cell_count=8, extras={"bms_uptime": 77}, texts={"model": "JK_B1A8S10P"})
    fields["errors"] = 1 << 11 | 1 << 4
    garage = ("garage", "jk", {**fields, "age": 4})
    barn = ("barn", "chargery", {"soc": 80})
    bench(Board(port, packs=(garage, HOUSE, barn)))
    assert listener.wait("chargerybms/barn/soc")[1] == b"80"
    assert listener.wait("chargerybms/soc")[1] == b"74"
    state = json.loads(listener.wait("packlog/garage/state")[1])
    assert (state["bms"], state["current"], state["charge_on"]) == ("jk", -0.05, True)
    assert state["errors"] == "cell overvoltage, cell undervoltage"
    assert state["error_bits"] == 2064
    assert (state["bms_uptime"], state["model"], len(state["cells"])) == (77, "JK_B1A8S10P", 8)
    assert state["time"] == 1700000000 - 4  # when the reading came
    state = json.loads(listener.wait("packlog/barn/state")[1])
    assert state == {"bms": "chargery", "time": 1700000000, "soc": 80}
    assert {m[0].split("/")[1] for m in listener.messages if m[0].count("/") == 2} == {
        "garage",
        "house",
        "barn",
    }


def test_what_is_counted_goes_to_home_assistant_too(make_broker, bench):
    port = make_broker().port
    listener = bench(Listener(port))
    counted = [1234567, 1200321, 23456789, 22345678, 797, 951, None, 125]
    name, kind, fields = HOUSE
    board = bench(
        Board(port, packs=[(name, kind, {**fields, "energy_values": counted})], discovery=True)
    )
    state = json.loads(listener.wait("packlog/house/state")[1])
    assert (state["total_energy_in"], state["full_cycles"]) == (1234.567, 79.7)
    assert "time_to_full" not in state
    topic = "homeassistant/sensor/a1b2c3_house_total_energy_in/config"
    config = home_assistant.spelled_out(json.loads(listener.wait(topic)[1]))
    home_assistant.check(topic, config)
    assert (config["device_class"], config["state_class"]) == ("energy", "total_increasing")
    board.order("read", 0, {"energy_values": [1234999, *counted[1:6], 300, None]})
    listener.wait("homeassistant/sensor/a1b2c3_house_time_to_full/config")
    said = [message[1] for message in listener.messages if message[0] == "packlog/house/state"]
    state = json.loads(said[-1])
    assert (state["total_energy_in"], state["time_to_full"]) == (1234.999, 300)
    assert "time_to_empty" not in state
