"""What the MQTT tests drive: the board's side in a MicroPython process, and who listens to it."""

import json
import os
import subprocess
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
from host_tools.ground import micropython
from host_tools.ground.firmware import FIRMWARE
from tests.helpers import umqtt_simple

PROGRAM = Path(__file__).with_name("board.py")
PATIENCE_S = 60  # for a busy machine; nothing here takes a tenth of it
SETTINGS = {
    "host": "127.0.0.1",
    "port": 0,
    "user": "",
    "password": "",
    "client_id": "",
    "base": "packlog",
    "chargery_base": "chargerybms",
    "cells": False,
    "qos": 0,
    "interval_s": 1,
    "discovery": False,
    "discovery_prefix": "homeassistant",
    "tls": False,
    "ca_file": "",
}
# What known_readings.reading() says: what is published of it stands there
HOUSE = (
    "house",
    "chargery",
    {
        "voltage": 53280,
        "current": -5200,
        "soc": 74,
        "mode": 0,
        "full_cell_voltage": 3650,
        "energy": 9871234,
        "charge": 180500,
        "cells": [3330, 3331, 3320, 3325],
        "cell_count": 4,
        "impedances": [3, 5, 4, 5],
        "impedance_count": 4,
        "temperatures": [228, -5],
    },
)


def patiently(condition):
    """Wait for the condition; its value."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    raise AssertionError("that never came")


class Board:
    """The firmware's Mqtt in a MicroPython process. report: the last thing it said of itself."""

    def __init__(self, port, packs=(HOUSE,), shorten=None, **options):
        settings = {key: options.pop(key, value) for key, value in SETTINGS.items()}
        settings["port"] = port
        plan = {"settings": settings, "packs": packs, **options}
        plan["shorten"] = {"TICK_MS": 5, **(shorten or {})}
        path = f"{FIRMWARE}:{umqtt_simple.folder()}:.frozen"
        self.process = subprocess.Popen(
            [micropython.find(), str(PROGRAM)],
            env={**os.environ, "MICROPYPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
        )
        self.process.stdin.write(json.dumps(plan) + "\n")
        self.report = {"state": "", "beats": {"Connected": 0}}
        self.report.update(connects=0, drops=0, published=0, skipped=0, heap=0, ms=0, running=True)
        self.said = []  # all lines that are no reports: none are expected
        self.heard = []  # all that came out
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.heard.append(line)
            try:
                self.report = json.loads(line)
            except ValueError:
                self.said.append(line)

    def order(self, *order):
        self.process.stdin.write(json.dumps(order) + "\n")

    def wait(self, condition):
        """Until condition(report) holds; returns the report."""

        def look():
            assert self.process.poll() is None, "".join(self.heard[-30:])
            assert len(self.report["state"]) <= 20  # a display shows it
            return self.report if condition(self.report) else None

        return patiently(look)

    def wait_for(self, state):
        return self.wait(lambda report: report["state"] == state)

    def beats(self, state):
        """How often the heartbeat came in this state so far."""
        return self.report["beats"].get(state, 0)

    def end(self):
        """Let it come to its end; the last report."""
        self.order("end")
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_S) == 0, "".join(self.said)
        self._reader.join()
        assert self.said == []
        return self.report

    def kill(self):
        """A power cut, or a crash."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdin.close()
        self.process.stdout.close()

    close = kill


class Listener:
    """Somebody who has subscribed to everything. messages: (topic, payload, retained, QoS)."""

    def __init__(self, port, user=None, password=None, ca=None):
        self.messages = []
        self._subscribed = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        if user:
            self._client.username_pw_set(user, password)
        if ca:
            self._client.tls_set(str(ca))
        self._client.on_message = self._on_message
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)

    def _on_message(self, client, data, message):
        self.messages.append((message.topic, message.payload, message.retain, message.qos))

    def publish(self, topic, payload, retain=False):
        self._client.publish(topic, payload, retain=retain, qos=1).wait_for_publish(PATIENCE_S)

    def payloads(self, topic):
        """All that came on the topic so far."""
        return [message[1] for message in self.messages if message[0] == topic]

    def wait(self, topic, payload=None):
        """The first message on the topic, with that payload if one is given."""

        def look():
            for message in self.messages:
                if message[0] == topic and payload in (None, message[1]):
                    return message
            return None

        return patiently(look)

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()
