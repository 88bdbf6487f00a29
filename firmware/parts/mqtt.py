"""MQTT that never hurts the logger: tells a broker what is new and forgets what it cannot tell.

umqtt.simple, frozen into stock ESP32 firmware, makes and reads the packets (MQTT 3.1.1). It blocks,
and a thread does not help: its stack costs RAM, and not every port locks its heap. So its socket is
a Pipe here and asyncio moves the bytes. Nothing queues up: a packet is composed from the newest
reading when the last one has left.
"""

import asyncio
from binascii import hexlify
from time import ticks_ms

import umqtt.simple as umqtt
from micropython import const

from lib import once, tcp
from lib.tasks import counts
from net import topics
from net.announcing import Device
from net.payload import Payload
from net.pipe import Pipe, Waiting
from net.topics import Outlet, within
from sample import Sample

ORDER = 60
NEEDS = ("umqtt.simple",)
IN_USE = ("mqtt.host", "wifi.networks")
KEYS = {
    "host": ("optional_host", 63, ""),
    "port": ("number", (0, 65535), 0),
    "user": ("text", 63, ""),
    "password": ("secret", (0, 63), ""),
    "client_id": ("text", 32, ""),
    "base": ("topic", 32, "packlog"),
    "chargery_base": ("optional_topic", 32, "chargerybms"),
    "cells": ("switch", (), False),
    "qos": ("number", (0, 1), 0),
    "interval_s": ("number", (1, 3600), 5),
    "discovery": ("switch", (), True),
    "discovery_prefix": ("topic", 32, "homeassistant"),
    "tls": ("switch", (), False),
    "ca_file": ("text", 63, ""),
}
RULES = (
    {"rule": "needs", "for": "host", "key": "wifi.networks"},
    {
        "rule": "needs",
        "for": "ca_file",
        "key": "mqtt.tls",
        "words": "without it all goes out in clear text, with it set to true the ca_file is used",
    },
    {
        "rule": "needs",
        "for": "port",
        "value": 8883,
        "key": "mqtt.tls",
        "words": "port 8883 is for TLS: set it to true, or take port 1883, which is in clear text",
    },
)

PAYLOAD = 1536  # bytes of the longest
ENOUGH = 256  # bytes to send at once
BEFORE = 2 * ENOUGH  # where a payload is composed: what waits, and its own head, go before it
KEEPALIVE_S = 30  # silent for 1.5 times that, the broker publishes the last will
PING_MS = 15000  # of silence
LOST_MS = 25000  # of silence, or without an acknowledgement
ANSWER_S = 10  # for the connection, and for the answer to CONNECT
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1, 20  # between two attempts
HEALTH_MS = 60000
TICK_MS = 50
WINDOW = 4  # messages of QoS 1 without acknowledgement
STEADY_MS = 10000  # a connection that has held for so long was not ended for what was published
HANG_UPS = 3  # in a row, sooner than that: the packets may be too long for the broker
SHORTEST = 100  # bytes of topic and payload: no broker's limit is lower
_CONNACK = const(0x20)
_PUBACK = const(0x40)
REFUSALS = ("", "MQTT version refused", "Client id refused", "Broker unavailable", "Wrong password")
# The three in the middle come from umqtt.simple; without memory a connection is given up
ERRORS = (OSError, ValueError, AssertionError, IndexError, MemoryError)


@once.start
def make(settings, board):
    """None without a network."""
    from machine import unique_id

    return board.network and Mqtt(settings, board, hexlify(unique_id()).decode())


class Mqtt:
    """settings: the section of config.json. device_id tells the board from others.

    Of the board: packs with name, bms (its kind), topics (the key of the settings with the base of
    more topics, or ""), errors (names of its error bits), timeout_s, sample, readings (how many
    there have been) and fresh(); network, resolver, clock, values.
    state: what it is doing, in words a person can act on. counters: plain ints.
    """

    @once.start
    def __init__(self, settings, board, device_id):
        self.state = "Off"
        self.counters = dict.fromkeys(("connects", "drops", "published", "skipped"), 0)
        self._settings = settings
        self._board = board
        self._id = (settings["client_id"] or "packlog-" + device_id).encode()
        self._pipe = Pipe(BEFORE + PAYLOAD)
        self._payload = Payload(self._pipe.out[BEFORE:])
        self._sample = Sample()
        self._status = settings["base"] + "/status"
        self._stopped = self._connected = False
        self._limit = PAYLOAD  # bytes of topic and payload that the broker takes, as far as we know
        self._hang_ups = 0
        expire_s = 60 + 2 * settings["interval_s"]  # time for a reconnect
        self._logger = Device(settings, device_id, "", "logger", expire_s + HEALTH_MS // 1000)
        self._outlets = []
        bases = []
        for pack in board.packs:
            device = Device(settings, device_id, pack.name, pack.bms, expire_s + pack.timeout_s)
            base = settings[pack.topics] if pack.topics else ""
            if base in bases:
                base += "/" + pack.name  # the first one has the topics that dashboards know
            if base:
                bases.append(base)
            self._outlets.append(Outlet(pack, device, settings["base"], base))

    async def run(self):
        """Keep a connection, until stop()."""
        self._pause = FIRST_PAUSE_S
        while not self._stopped:
            if self._board.network.connected:
                try:
                    await self._session()
                except ERRORS:
                    pass  # the state says it
            else:
                self.state = "No network"
                self._pause = FIRST_PAUSE_S
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE_S)

    def values(self):
        """State and counters."""
        return [("mqtt", self.state or "up")] + counts("mqtt", self.counters)

    def stop(self):
        """Say goodbye without waiting: after Ctrl-C no event loop runs."""
        self._stopped = True
        if self._connected:
            self._connected = False
            self.state = "Off"
            self._pipe.size = 0
            self._payload.clear().add("offline")
            try:
                self._publish(self._status, True)
                self._client.disconnect()
                self._put()
            except ERRORS:
                pass  # then the last will says it

    async def _session(self):
        """One connection; an error ends it."""
        settings = self._settings
        self.state = "CA file unusable"
        tls = None
        if settings["tls"]:
            from net.tls import context

            tls = context(settings["ca_file"])
        self.state = "Broker not reached"
        port = settings["port"] or (8883 if tls else 1883)
        resolver = self._board.resolver
        stream = await tcp.connect(settings["host"], port, resolver, ANSWER_S, tls)
        self.state = "No TLS with broker" if tls else "Broker is silent"
        self._stream = stream
        tasks = ()
        try:
            self._begin()
            tasks = [asyncio.create_task(self._guard(task)) for task in (self._receive, self._send)]
            await self._watch()
        finally:
            for task in tasks:
                task.cancel()
            if self._connected:
                self._connected = False
                self.counters["drops"] += 1
                self.state = "Connection lost"
                self._judge()
            stream.close()
            await stream.wait_closed()

    def _judge(self):
        """Why has the connection ended? A broker to which a packet is too long only hangs up: after
        some such ends shorter ones are tried.
        """
        if self._steady:
            self._hang_ups = 0
            self._limit = PAYLOAD
            self._pause = FIRST_PAUSE_S
        elif isinstance(self._failure, OSError) and self._failure.args[0] != "garbage":
            self._hang_ups += 1
            if self._hang_ups >= HANG_UPS:
                if self._longest > SHORTEST:
                    self._hang_ups = 0
                    self._limit = min(self._limit // 2, self._longest - 1)
                else:
                    self.state = "Broker hangs up"

    def _begin(self):
        settings = self._settings
        user = settings["user"].encode() or None
        password = settings["password"].encode()
        self._client = umqtt.MQTTClient(self._id, "", 1, user, password, KEEPALIVE_S)
        self._client.set_callback(self._birth)
        self._client.set_last_will(self._status.encode(), b"offline", True, settings["qos"])
        umqtt.socket = self._pipe  # instead of the module, from which it takes its socket now
        self._ask(self._client.connect)
        self._pinged = self._steady = False
        self._failure = None
        self._under_way = self._longest = 0
        self._heard = self._acknowledged = ticks_ms()

    def _ask(self, action, *arguments):
        try:
            action(*arguments)
        except Waiting:
            pass

    async def _guard(self, action):
        try:
            await action()
        except Exception as error:
            self._failure = error

    async def _watch(self):
        """Until the connection ends: see that the broker is alive."""
        while not self._stopped:
            await asyncio.sleep_ms(TICK_MS)
            if self._failure:
                raise self._failure
            if not self._under_way:
                self._acknowledged = ticks_ms()
            if self._connected and not within(self._since, STEADY_MS):
                self._steady = True
            limit_ms = LOST_MS if self._connected else 1000 * ANSWER_S
            if not within(self._heard, limit_ms) or not within(self._acknowledged, LOST_MS):
                return
            if not within(self._heard, PING_MS) and self._connected and not self._pinged:
                self._pinged = True
                self._client.ping()

    async def _receive(self):
        pipe = self._pipe
        while True:
            count = await self._stream.readinto(memoryview(pipe.got)[pipe.end :])
            if count == 0:
                raise OSError("closed")
            pipe.end += count or 0  # None: TLS has had nothing for us in it
            self._heard = ticks_ms()
            tcp.answered()
            self._pinged = False
            while pipe.next():
                self._take(self._client.wait_msg())
            self.counters["skipped"] += pipe.skipped
            pipe.skipped = 0

    def _take(self, kind):
        """An answer of a kind that umqtt.simple leaves to its caller."""
        if kind == _CONNACK:
            code = self._pipe.read(3)[2]
            if code:
                self.state = REFUSALS[min(code, 4)]
                raise OSError("refused")
            self._connected = True
            self._since = ticks_ms()
            short = self._limit < PAYLOAD
            self.state = "Packet limit " + str(self._limit) + "?" if short else None
            self.counters["connects"] += 1
        elif kind == _PUBACK and self._under_way:
            self._under_way -= 1
            self._acknowledged = ticks_ms()

    def _birth(self, topic, message):
        # Home Assistant has started
        if message == b"online":
            self._forget()

    def _forget(self):
        for outlet in self._outlets:
            outlet.forget()
        self._logger.forget()
        self._health_at = None

    async def _send(self):
        """Publish what is new; a packet is composed when what was before it is gone."""
        pipe = self._pipe
        packets = self._packets()
        while True:
            while self._connected and pipe.size < ENOUGH and self._under_way < WINDOW:
                packet = next(packets)
                if packet is None:
                    break
                if packet:
                    self._publish(*packet)
                await asyncio.sleep_ms(0)
            if pipe.size:
                self._put()
                await self._stream.drain()
            await asyncio.sleep_ms(TICK_MS)

    def _put(self):
        self._stream.write(self._pipe.out[: self._pipe.size])
        self._pipe.size = 0

    def _packets(self):
        """Compose what there is to say; yields what an Outlet does, None if there is nothing."""
        settings = self._settings
        payload = self._payload
        unix = self._board.clock.unix
        self._forget()
        if settings["discovery"]:
            self._ask(self._client.subscribe, (settings["discovery_prefix"] + "/status").encode())
        payload.clear().add("online")
        yield self._status, True
        while True:
            for outlet in self._outlets:
                for packet in outlet.packets(payload, self._sample, settings, unix):
                    yield packet
            if not within(self._health_at, HEALTH_MS):
                self._health_at = ticks_ms()
                values = dict(self._board.values)
                topics.health(payload, values)
                yield settings["base"] + "/health", True
                if settings["discovery"]:
                    for topic in self._logger.of_health(payload, values):
                        yield topic and (topic, True)
                values = None  # it would take its RAM for a minute
            yield None

    def _publish(self, topic, retained):
        size = len(topic) + self._payload.size
        if self._payload.full or size > self._limit:
            self.counters["skipped"] += 1
            return
        self._longest = max(self._longest, size)
        client = self._client
        qos = self._settings["qos"]
        client.pid %= 0xFFFF  # the next one is one more, never 0
        self._ask(client.publish, topic.encode(), self._payload.view(), retained, qos)
        self._under_way += qos
        self.counters["published"] += 1
