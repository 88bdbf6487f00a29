"""What leaves the board is the same to the byte in every version: MQTT's payloads and topics, Home
Assistant's messages, the console's lines. A change here breaks somebody's dashboard.
"""

import binascii
import json

from known_readings import bluenova, jk, reading

import version
from console import extras_words, health_words, status_words
from net.announcing import Device
from net.chargery_topics import chargery
from net.payload import Payload, state

SETTINGS = {
    "base": "packlog",
    "discovery_prefix": "homeassistant",
    "cells": True,
}
COUNTS = (("readings", 12), ("frames", 3), ("unix", None))
HEALTH = (
    ("uptime", 90061),
    ("cause", "power on"),
    ("heap_free", 65536),
    ("flash_free", None),
    ("wifi", "WiFi: no address"),
    ("rssi", -61),
    ("online", True),
)


def published(kind, sample):
    """Every message of a pack: (topic, payload)."""
    payload = Payload(memoryview(bytearray(2048)))
    for _ in state(payload, sample, kind, 1700000000):
        pass
    yield "state", bytes(payload.view())
    for topic in chargery(payload, sample, True):
        yield topic, bytes(payload.view())
    for topic in Device(SETTINGS, "24a1", "house", kind, 75).of_pack(payload, sample):
        if topic:
            yield topic, ordered(payload)


def ordered(payload):
    """The JSON as every Python has it: MicroPython's dicts have no order, its texts no escapes."""
    return "".join(list(words_of(json.loads(bytes(payload.view()))))).encode()


def words_of(value):
    if isinstance(value, dict):
        for key in sorted(value):
            yield key + "="
            for word in words_of(value[key]):
                yield word
    elif isinstance(value, list):
        for each in value:
            for word in words_of(each):
                yield word
    else:
        yield str(value) + ";"


def digest(messages):
    """(how many, CRC-32 of all)."""
    count = crc = 0
    for topic, payload in messages:
        crc = binascii.crc32(topic.encode() + b" " + payload + b"\n", crc)
        count += 1
    return count, crc


def of_health():
    payload = Payload(memoryview(bytearray(2048)))
    real, version.MICROPYTHON = version.MICROPYTHON, "1.27.0"  # on whatever the test runs
    try:
        device = Device(SETTINGS, "24a1", "", "logger", 135)
        for topic in device.of_health(payload, dict(HEALTH)):
            if topic:
                yield topic, ordered(payload)
    finally:
        version.MICROPYTHON = real


def lines(sample):
    """Those of the console."""
    yield "console", " ".join(status_words("house", sample, True, 1234, COUNTS)).encode()
    yield "console", " ".join(status_words("house", sample, False, 99999, COUNTS)).encode()
    words = " ".join(extras_words("house", sample)).split(" ")
    yield "console", " ".join(sorted(words)).encode()
    yield "console", " ".join(health_words(HEALTH)).encode()


def test_what_is_published_of_a_reading():
    assert digest(published("chargery", reading())) == PUBLISHED["chargery"]
    assert digest(published("jk", jk())) == PUBLISHED["jk"]
    assert digest(published("bluenova", bluenova())) == PUBLISHED["bluenova"]


def test_what_is_published_of_the_logger():
    assert digest(sorted(of_health())) == LOGGER


def test_the_console_s_lines():
    assert digest(lines(reading())) == LINES["chargery"]
    assert digest(lines(jk())) == LINES["jk"]
    assert digest(lines(bluenova())) == LINES["bluenova"]


# (how many, CRC-32), of version 0.1.0
PUBLISHED = {
    "chargery": (47, 1372108080),
    "jk": (135, 4080154983),
    "bluenova": (83, 2955593912),
}
LOGGER = (6, 215549727)
LINES = {
    "chargery": (4, 2655444317),
    "jk": (4, 2028615506),
    "bluenova": (4, 3478178128),
}
