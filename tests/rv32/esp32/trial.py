"""A trial: a board of an ESP32's heap, with packlog as installed, in a world that behaves.

run() sets the world up; then boot.py and main.py run as on a board. Ends qemu with a line "works",
or with one that says what did not come about. /trial.json says what is to be reached:

packs: {name: {"link": ..., "bytes": [hexadecimal, ...]}}, mqtt and network: true or false,
http: is a browser to be answered,
compaction: is a segment to become a shard, quiet_s: how long it is to go on well after all that.
"""

import binascii
import gc
import json
import os
import sys

import rv32
import vfs
import world
from machine import reset as leave_qemu  # before there is an ESP32's

FLASH_BLOCKS = 1024
LOOK_MS = 1000
PERIOD_MS = 2000  # between two readings
_HEADER = 64


def begin():
    """Flash, modules and world: to be called aside, before boot.py."""
    global wanted, went_s, well_s
    rv32.counted(_mount)
    sys.path[:] = ["", ".frozen", "/lib"]
    with open("/trial.json") as file:
        wanted = json.load(file)
    import on_air
    import on_chip
    import on_hash
    import on_pins
    import on_wifi

    on_pins.reset = lambda: end("the board was reset")
    for name, module in (
        ("machine", on_pins),
        ("network", on_wifi),
        ("socket", on_wifi),
        ("usocket", on_wifi),  # older umqtt.simple
        ("bluetooth", on_air),
        ("esp32", on_chip),
        ("hashlib", on_hash),
    ):
        world.install(name, module)
    for pack in wanted["packs"]:
        pieces = [binascii.unhexlify(text) for text in pack["bytes"]]
        _LINKS[pack["link"]](pieces, pack)
    on_wifi.servers[1883] = on_wifi.Broker
    on_wifi.browses = wanted["http"]
    went_s = well_s = 0
    world.later(LOOK_MS, _look)
    rv32.on_idle(world.step)


def _mount():
    vfs.mount(vfs.VfsLfs2(rv32.Flash(FLASH_BLOCKS)), "/")
    os.chdir("/")


def _uart(pieces, pack):
    import on_pins

    line = on_pins.received.setdefault(pack["uart"], [])
    at = 0

    def send():
        nonlocal at
        if len(line) < 4:
            line.append(pieces[at % len(pieces)])
        at += 1
        world.later(PERIOD_MS, send)

    send()


def _ble(pieces, pack):
    import on_air

    on_air.address = binascii.unhexlify(pack["address"].replace(":", ""))
    on_air.frames = pieces


def _websocket(pieces, pack):
    import on_wifi

    on_wifi.Console.rounds = pieces
    on_wifi.servers[pack["port"]] = on_wifi.Console


_LINKS = {"uart": _uart, "ble": _ble, "websocket": _websocket}


def _look():
    """Every second: is everything reached, and has it gone on well for long enough?"""
    global went_s, well_s
    went_s += 1
    missing = list(_missing())
    if not missing:
        well_s += 1
        if well_s >= wanted["quiet_s"]:
            end("works")
    elif went_s >= wanted["most_s"]:
        end("missing: " + ", ".join(missing))
    world.later(LOOK_MS, _look)


def _missing():
    import on_pins
    import on_wifi

    if on_pins.fed < 10:
        yield "the watchdog was not fed"
    if on_pins.drawn < 1000:
        yield "nothing on the display"
    for pack in wanted["packs"]:
        if not _frames_of(pack["name"]):
            yield "no frame of " + pack["name"]
        if wanted["mqtt"]:
            topic = b"packlog/" + pack["name"].encode() + b"/state"
            if on_wifi.published.get(topic, 0) < 3:
                yield "nothing published of " + pack["name"]
    if wanted["mqtt"] and not on_wifi.published.get(b"packlog/health"):
        yield "no health published"
    if wanted["http"] and on_wifi.served < 8:
        yield "a browser was not answered"
    if wanted["network"] and not on_pins.clock_set:
        yield "the clock was not set"
    if wanted["compaction"] and not _has_shard(wanted["packs"][0]["name"]):
        yield "no shard"


def _frames_of(name):
    """Is there a segment that has grown since power-on?"""
    folder = "/data/" + name + "/pack/"
    try:
        sizes = {entry[0]: entry[3] for entry in os.ilistdir(folder) if entry[0][-4:] == ".seg"}
    except OSError:
        return False
    return bool(sizes) and sizes[max(sizes)] > _HEADER


def _has_shard(name):
    found = os.listdir("/data/" + name + "/pack")
    return "00000001.shard" in found and "00000001.seg" not in found


def end(said):
    """Print what came of it, and what is in use, and leave qemu."""
    gc.collect()
    used = gc.mem_alloc()
    names, text = rv32.names()
    found = {"used": used, "names": names, "name_bytes": text, "native": rv32.native()}
    found["seconds"] = went_s
    print("trial: " + json.dumps(found))
    print("trial " + said)
    leave_qemu()
