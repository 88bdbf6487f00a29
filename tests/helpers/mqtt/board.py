"""The board's side of the MQTT tests, run by the MicroPython unix port: Mqtt with made-up packs.

The first line on stdin is the plan as JSON: the section of config.json, the packs with their
readings, what to shorten, and how the board is different. Then come orders, a JSON list each.
Reports go to stdout: state, counters and how often a heartbeat of 5 ms came in each state, which no
blocking call would let it.
"""

import asyncio
import gc
import json
import socket
import sys
import time

from lib import tcp
from lib.resolver import Resolver
from parts import mqtt
from sample import Sample

BEAT_MS = 5
REPORT_MS = 30


class Pack:
    """What Mqtt sees of a pack. Made of a name, a kind and the fields of its first reading."""

    def __init__(self, name, kind, fields):
        self.name = name
        self.bms = kind
        self.timeout_s = 15
        module = "bms." + kind  # not by board.module: a script of that name is this one
        __import__(module)
        self.errors = sys.modules[module].ALARMS
        self.topics = sys.modules[module].TOPICS
        self.sample = Sample()
        self.energy = self
        self.counted = ()
        self.readings = self.age = 0
        self.silent = False
        if fields is not None:
            self.read(fields)

    def read(self, fields):
        """A reading comes in."""
        sample = self.sample
        for key, value in fields.items():
            if key in ("cells", "impedances", "temperatures", "cell_temperatures"):
                getattr(sample, key)[: len(value)] = value
            elif key in ("extras", "texts"):
                getattr(sample, key).update(value)
            elif key == "energy_values":  # as Energy has them
                self.counted = value
            elif key == "age":  # in s, of this reading when it is published
                self.age = value
            else:
                setattr(sample, key, value)
        sample.find_extremes()
        self.readings += 1

    def values(self, sample):
        return self.counted

    def age_s(self):
        return self.age

    def fresh(self):
        return self.readings > 0 and not self.silent


def begin_with(packet_id):
    """Let the packet identifiers of a connection begin after this one."""

    class Client(mqtt.umqtt.MQTTClient):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            self.pid = packet_id

    mqtt.umqtt.MQTTClient = Client


def limit_sending(size):
    """Let the sockets take no more than that before the other side reads."""
    original = tcp.connect

    async def connect(*arguments):
        stream = await original(*arguments)
        stream.s.setsockopt(socket.SOL_SOCKET, 7, size)  # Linux's SO_SNDBUF
        return stream

    tcp.connect = connect


class Board:
    def __init__(self, plan):
        for name, value in plan.get("shorten", {}).items():
            assert hasattr(mqtt, name), name
            setattr(mqtt, name, value)
        self.packs = [Pack(*pack) for pack in plan["packs"]]
        self.network = self  # what Mqtt asks whether it is
        self.connected = plan.get("network", True)
        self.resolver = Resolver(lambda: [])
        self.clock = self
        self.values = (("uptime", 7), ("restart", "power"), ("heap_free", 100000), ("drops", 0))
        self.beats = {}
        self.begun = time.ticks_ms()
        self.heap = 0  # as measured when it was asked for
        self.mqtt = mqtt.Mqtt(plan["settings"], self, "a1b2c3")
        if "packet_id" in plan:
            begin_with(plan["packet_id"])
        if "send_buffer" in plan:
            limit_sending(plan["send_buffer"])

    def unix(self):
        """As the board's clock says it."""
        return 1700000000

    async def beat(self):
        while True:
            await asyncio.sleep_ms(BEAT_MS)
            state = self.mqtt.state or "Connected"
            self.beats[state] = self.beats.get(state, 0) + 1

    async def report(self):
        while True:
            self.say()
            await asyncio.sleep_ms(REPORT_MS)

    def say(self):
        report = {"state": self.mqtt.state or "Connected", "beats": self.beats}
        report["heap"] = self.heap
        report["ms"] = time.ticks_ms() - self.begun  # far from a wrap
        report["running"] = not self.task.done()
        report.update(self.mqtt.counters)
        print(json.dumps(report))

    async def obey(self):
        orders = asyncio.StreamReader(sys.stdin)
        while True:
            order, *rest = json.loads(await orders.readline())
            if order == "read":
                self.packs[rest[0]].silent = False
                for fields in rest[1:]:
                    self.packs[rest[0]].read(fields)
            elif order == "silent":
                self.packs[rest[0]].silent = True
            elif order == "network":
                self.connected = rest[0]
            elif order == "collect":
                gc.collect()
                self.heap = gc.mem_alloc()
            elif order == "forget":
                self.heap = 0
            elif order == "stop":
                self.mqtt.stop()
            elif order == "end":
                sys.exit()

    async def run(self):
        self.task = asyncio.create_task(self.mqtt.run())
        await asyncio.gather(self.beat(), self.report(), self.obey())


asyncio.run(Board(json.loads(sys.stdin.readline())).run())
