"""Mutations of a config.json, by bytes and by values: settings.read() takes what is right, and runs
the last right one with a line of words for all the rest, whatever it is. Nothing else comes of it.

Runs on CPython and on MicroPython, whose JSON takes more.
"""

import gc
import json
import os

from chance import Chance
from temporary import Folder

import config
import settings

SECRETS = ("stable door", "old mill")
GOOD = {
    "packs": [
        {"name": "house", "bms": "chargery", "cells": 16, "capacity_ah": 280, "rx": 16},
        {"name": "van", "bms": "jk", "device": "JK-B2A24S"},
    ],
    "lcd": {"kind": "i2c", "columns": 20, "rows": 4, "scl": 22, "sda": 21},
    "store": {"window_s": 30, "budget_kb": 1536},
    "wifi": {"networks": [{"ssid": "home", "password": SECRETS[0]}], "txpower": 8.5},
    "mqtt": {"host": "broker", "user": "me", "password": SECRETS[1], "tls": True},
    "watchdog_s": 60,
}
TOKENS = (
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"'", b"\\", b"1:", b"{1: 2}", b"null", b"true",
    b"1e999", b"-", b"-0", b"0x10", b"9" * 30, b"1.5", b'"\\ud800"', b'"\\u0000"', b'"\\u001b[2J"',
    b"\0", b"\xff", b"\xef\xbb\xbf", b"[" * 40, b'{"a":' * 40, b'"packs"', b'"name"', b'"pins"',
    b"[[[]]]", b'""', b"//x\n", b"NaN", b"\xf0\x9f\x94\x8b", b" " * 300,
)  # fmt: skip
VALUES = (
    None, True, False, 0, 1, -1, 2.5, 1 << 40, "", "x", "x" * 300, "a\n", "wifi", "house", "8883",
    [], [1], {}, {"a": 1}, [[]], "../x", "\x7f", "none", "gpio", "websocket", 8883, "10.0.0.2",
)  # fmt: skip


def by_bytes(chance, text):
    """The text with some bytes of it flipped, gone, twice there, or exchanged for tokens."""
    data = bytearray(text)
    for _ in range(1 + chance.below(3)):
        at = chance.below(len(data))
        size = 1 + chance.below(20)
        kind = chance.below(5)
        if kind == 0:
            data[at] ^= 1 << chance.below(8)
        elif kind == 1:
            data = data[:at] + data[at + size :]
        elif kind == 2:
            data = data[: at + size] + data[at:]
        elif kind == 3:
            data = data[: at + 1]
        else:
            data = data[:at] + TOKENS[chance.below(len(TOKENS))] + data[at:]
        if not data:
            break
    return bytes(data)


def places(value, found):
    """All (object or list, key) in it, but for those of secrets."""
    keys = sorted(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        if key != "password":
            found.append((value, key))
            if isinstance(value[key], (dict, list)):
                places(value[key], found)
    return found


def by_values(chance):
    """A config in which some values are others, are gone, or are there that were not."""
    changed = json.loads(json.dumps(GOOD))
    for _ in range(1 + chance.below(3)):
        all_places = places(changed, [])
        section, key = all_places[chance.below(len(all_places))]
        kind = chance.below(4)
        value = json.loads(json.dumps(VALUES[chance.below(len(VALUES))]))
        if kind == 0 and isinstance(section, dict):
            del section[key]
        elif kind == 1 and isinstance(section, dict):
            section[("tls", "port", "kind", "cells", "base", "x")[chance.below(6)]] = value
        elif kind == 2 and isinstance(section, list):
            section.append(json.loads(json.dumps(section[key])))
        else:
            section[key] = value
        if not changed:
            break
    return json.dumps(changed).encode()


def try_one(folder, text, good):
    """What comes of the text: "right" or "refused". good: what the last right one says."""
    with open(folder + "/config.json", "wb") as file:
        file.write(text)
    found, wrong = settings.read(folder + "/")
    assert wrong is None, (text, wrong)  # the last right one is there
    said = found.pop("complaints", [])
    if not said:
        again = config.finish(config.again(found))
        again["checksum"] = found["checksum"]
        assert again == found, text  # what was taken once is taken again, and means the same
        return "right"
    assert len(said) == 1 and said[0].startswith(settings.LAST + "config.json: "), (text, said)
    assert len(said[0]) < 500 and not [c for c in said[0] if c < " " or c == "\x7f"], (text, said)
    assert found["packs"] == good["packs"], text
    return "refused"


def campaign(count, seed):
    """Try so many; returns how often what came of it, and prints it."""
    chance = Chance(seed)
    text = json.dumps(GOOD).encode()
    tried = {}
    with Folder() as folder:
        with open(folder + "/config.json", "wb") as file:
            file.write(text)
        good, wrong = settings.read(folder + "/")
        assert good, wrong
        with open(folder + "/" + settings.FINISHED, "rb") as file:
            finished = file.read()
        for i in range(count):
            kind = ("bytes", "values")[i % 2]
            changed = by_values(chance) if i % 2 else by_bytes(chance, text)
            found = try_one(folder, changed, good)
            tried[kind, found] = tried.get((kind, found), 0) + 1
            if found == "right":  # the next one is to fall back on the same
                with open(folder + "/" + settings.FINISHED, "wb") as file:
                    file.write(finished)
            if i % 20 == 0:
                gc.collect()
        assert sorted(os.listdir(folder)) == ["config.json", settings.FINISHED]
    print("tried:", count, "configs, seed", seed, sorted(tried.items()))
    return tried


def no_secret_is_said(count, seed):
    """Where the passwords stand as such, no refusal repeats one."""
    chance = Chance(seed)
    for _ in range(count):
        try:
            config.parse(by_values(chance).decode())
        except config.ConfigError as error:
            assert not [secret for secret in SECRETS if secret in str(error)], error


def slow_many_configs_1():
    return campaign(3000, 11)


def slow_many_configs_2():
    return campaign(3000, 12)


def slow_many_configs_3():
    return campaign(3000, 13)
