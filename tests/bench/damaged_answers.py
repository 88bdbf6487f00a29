"""False readings of the BMSs that are asked: their answers damaged by radio and on a wire.

python tests/bench/damaged_answers.py [--count N] [--only BMS ...] [--crc N] [--json]

What a decoder makes of a stream is compared with what it makes of the same stream undamaged. A
reading is false if it has a value that no reading of that has; far off if by more than a pack can
change in some seconds. The first answer of a kind has to come twice, as on the board. --crc: of so
many answers with 3 to 60 bytes in a row anything, those whose CRC is right all the same.
"""

import argparse
import importlib
import json
import random
import sys
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
import numpy as np
from host_tools.ground.firmware import names
from host_tools.sim.rig import unit_module
from host_tools.sim.units.pack import Pack
from rich.console import Console
from rich.table import Table

from bms import asked

# Those of bms/asked.py
KINDS = tuple(
    name
    for name in names("bms")
    if issubclass(importlib.import_module(f"bms.{name}").Decoder, asked.Decoder)
)
ROUNDS = 6  # of a stream; what is damaged is the third
NOTIFICATION = 20  # bytes
BATCH = 50_000
STEPS = {"soc": 2, "voltage": 8000, "current": 500000, "cells": 500, "temperatures": 100}
STEPS |= {"charge": 20000, "capacity": 0, "flags": 0, "soh": 20, "cycles": 1, "errors": 0}
STEPS |= {"switches": 0, "balance_current": 5000}


def decoder_of(bms, on_sample, live=True):
    """A decoder of that kind."""
    return importlib.import_module(f"bms.{bms}").Decoder(on_sample, 0, live)


def rounds(bms, seed):
    """The answers of some rounds of a simulated unit, a list of bytes each."""
    chance = random.Random(seed)
    pack = Pack(cells=chance.choice((4, 8, 16)), soc=chance.uniform(20, 90), seed=seed % 7)
    unit = unit_module(bms).Unit(pack, seed=seed)
    asker = decoder_of(bms, print)
    start = chance.randrange(10, 80000)
    count = len({asker.request() for _ in range(40)})
    found = []
    for second in range(ROUNDS):
        asker.forget()
        pack.advance(start + second)
        found.append([a for _ in range(count) for a in unit.answers(asker.request())])
    return found


def pieces(data):
    """Its notifications."""
    return [data[at : at + NOTIFICATION] for at in range(0, len(data), NOTIFICATION)]


def lost(chance, parts):
    """One to three notifications in a row."""
    at = chance.randrange(len(parts))
    del parts[at : at + chance.randint(1, 3)]


def doubled(chance, parts):
    """A notification that comes twice."""
    at = chance.randrange(len(parts))
    parts.insert(at, parts[at])


def swapped(chance, parts):
    """Two neighbours."""
    at = chance.randrange(len(parts) - 1) if len(parts) > 1 else 0
    parts[at : at + 2] = reversed(parts[at : at + 2])


def bytes_lost(chance, data):
    """One to eight."""
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(1, 8)]


def merged(chance, data):
    """What stands between two places is gone."""
    at = chance.randrange(len(data))
    del data[at : at + chance.randint(5, 60)]


def one_bit(chance, data):
    """A bit flipped."""
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def two_bits(chance, data):
    """Two of them."""
    one_bit(chance, data)
    one_bit(chance, data)


def burst(chance, data):
    """Two to eight bytes anything."""
    at = chance.randrange(len(data))
    for i in range(at, min(len(data), at + chance.randint(2, 8))):
        data[i] = chance.randrange(256)


BY_RADIO = {"a notification lost, up to 3": lost, "doubled": doubled, "two swapped": swapped}
BY_BYTES = {
    "1 to 8 bytes lost": bytes_lost,
    "answers merged": merged,
    "one bit": one_bit,
    "two bits": two_bits,
    "a burst of 2 to 8 bytes": burst,
}


def damaged(name, chance, answers):
    """The bytes of some answers with one damage."""
    if name in BY_RADIO:
        parts = [part for answer in answers for part in pieces(answer)]
        BY_RADIO[name](chance, parts)
        return b"".join(parts)
    data = bytearray(b"".join(answers))
    BY_BYTES[name](chance, data)
    return bytes(data)


def values(sample):
    """What a reading says: {name: value}."""
    found = {name: getattr(sample, name) for name in STEPS if hasattr(sample, name)}
    del found["cells"], found["temperatures"]
    for i, mv in enumerate(sample.cells[: sample.cell_count]):
        found["cells", i] = mv or None
    for i, degrees in enumerate(sample.temperatures):
        found["temperatures", i] = degrees
    return found


def readings(bms, *parts, live=True):
    """The values of all readings of a stream."""
    found = []
    decoder = decoder_of(bms, lambda sample: found.append(values(sample)), live)
    for part in parts:
        decoder.feed(part)
    decoder.finish()
    return found


def worst(made, true):
    """0: all as sent; 1: a value that was not sent; 2: one that the pack cannot have had."""
    kind = 0
    known = {}
    for reading in true:
        for key, value in reading.items():
            known.setdefault(key, set()).add(value)
    for reading in made:
        for key, value in reading.items():
            sent = known.get(key, set())
            if value is not None and value not in sent:
                step = STEPS[key[0] if isinstance(key, tuple) else key]
                near = any(abs(value - it) <= step for it in sent if it is not None)
                kind = max(kind, 1 if near else 2)
    return kind


def measure(bms, name, count):
    """(damaged streams, false readings, of these far off)."""
    chance = random.Random(f"{bms}/{name}")
    done = false = far = 0
    while done < count:
        streams = rounds(bms, done)
        sent = [b"".join(answers) for answers in streams]
        true = readings(bms, *sent, live=False)
        for _ in range(min(500, count - done)):
            bad = damaged(name, chance, streams[2])
            kind = worst(readings(bms, *sent[:2], bad, *sent[3:]), true)
            false += kind > 0
            far += kind > 1
            done += 1
    return done, false, far


def modbus(frames):
    """The CRC of Modbus of each row."""
    table = np.arange(256, dtype=np.uint16)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ 0xA001, table >> 1).astype(np.uint16)
    crc = np.full(len(frames), 0xFFFF, np.uint16)
    for column in range(frames.shape[1]):
        crc = crc >> 8 ^ table[(crc ^ frames[:, column]) & 255]
    return crc


def xmodem(frames):
    """The CRC of XModem of each row."""
    table = np.arange(256, dtype=np.uint16) << 8
    for _ in range(8):
        table = np.where(table & 0x8000, table << 1 ^ 0x1021, table << 1).astype(np.uint16)
    crc = np.zeros(len(frames), np.uint16)
    for column in range(frames.shape[1]):
        crc = crc << 8 ^ table[crc >> 8 ^ frames[:, column]]
    return crc


# How; the first byte that it counts; where it stands, from the end; is its low byte the first one?
CRCS = {
    "daly": (modbus, 0, -2, True),
    "eg4": (modbus, 0, -2, True),
    "renogy": (modbus, 0, -2, True),
    "renogy_pro": (modbus, 0, -2, True),
    "tdt": (modbus, 0, -3, False),
    "seplos_v3": (modbus, 0, -2, True),
    "ant": (modbus, 1, -4, True),
    "pace": (modbus, 0, -3, False),
    "seplos_v2": (xmodem, 1, -3, False),
}


def right_crcs(bms, frames):
    """Which rows have a right CRC."""
    of, first, at, low_first = CRCS[bms]
    low, high = (at, at + 1) if low_first else (at + 1, at)
    stored = frames[:, low].astype(np.uint16) | frames[:, high].astype(np.uint16) << 8
    return np.flatnonzero(of(frames[:, first:at]) == stored)


def measure_crc(bms, count, seed=1):
    """(damaged answers, right CRCs among them, false readings, of these far off)."""
    chance = np.random.default_rng(seed)
    right = false = far = done = 0
    while done < count:
        streams = rounds(bms, int(chance.integers(1 << 30)))
        sent = [b"".join(answers) for answers in streams]
        true = readings(bms, *sent, live=False)
        good = np.frombuffer(streams[2][-1], np.uint8)
        before = b"".join(streams[2][:-1])
        assert right_crcs(bms, good[None]).size
        size = min(BATCH, count - done)
        frames = np.repeat(good[None], size, 0)
        begin = chance.integers(0, len(good) - 3, size)
        length = chance.integers(3, 61, size)
        at = np.arange(len(good))
        bad = (at >= begin[:, None]) & (at < (begin + length)[:, None])
        frames[bad] = chance.integers(0, 256, int(bad.sum()), np.uint8)
        for i in right_crcs(bms, frames):
            if (frames[i] == good).all():
                continue
            right += 1
            bad = before + frames[i].tobytes()
            kind = worst(readings(bms, *sent[:2], bad, *sent[3:]), true)
            false += kind > 0
            far += kind > 1
        done += size
    return done, right, false, far


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--count", type=int, default=2000, help="damaged streams of each kind")
    parser.add_argument("--only", nargs="*", default=KINDS, help="these BMSs")
    parser.add_argument("--crc", type=int, default=0, help="damaged answers that end a round")
    arguments = parser.parse_args()
    if arguments.crc:
        kinds = [bms for bms in arguments.only if bms in CRCS]
        print(json.dumps({bms: measure_crc(bms, arguments.crc) for bms in kinds}))
        return
    table = Table(title="False readings of damaged answers")
    for heading in ("BMS", "damage", "of", "false", "far off"):
        table.add_column(heading)
    found = {}
    for bms in arguments.only:
        for name in (*BY_RADIO, *BY_BYTES):
            found[f"{bms}: {name}"] = counts = measure(bms, name, arguments.count)
            table.add_row(bms, name, *(f"{each:,}" for each in counts))
    if arguments.json:
        print(json.dumps(found))
    else:
        Console(width=100).print(table)


if __name__ == "__main__":
    main()
