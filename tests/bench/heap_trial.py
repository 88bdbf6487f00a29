"""One trial of the heap: does a board with a heap of that size come up and do its work?

The firmware as `packlog install` puts it on a board runs on MicroPython for RV32 under qemu, with
an ESP32's areas of heap: 56 KB, and one more with the rest. Its main.py runs the logger with all of
its tasks; bytes come over a UART, Bluetooth or a WebSocket through the whole of the link's module,
and files appear on a littlefs. What stands in for an ESP32's C modules, the scenario, and the
flash's contents do not count: they are frozen into the image (tests/rv32/esp32), as on an ESP32
umqtt.simple is, and what they allocate comes from an area of its own (rv32.aside). aioble counts as
.mpy.

Time is that of the processor's instructions (125 million in a second), so that a trial ends the
same way each time; while the board waits it jumps to when something happens.
"""

import json
import re
import subprocess
import tempfile
import threading
from dataclasses import dataclass

from host_tools.board import config_file
from host_tools.build import bundle, compile
from host_tools.ground.firmware import FIRMWARE
from test_shard import household
from tests.bench import aioble_size, feeds
from tests.rv32 import machine

from settings import FINISHED
from store import frame, segment

HEAP_WORD = 0x85FFFFF0  # board/aside.c says so, too
BEGIN = """from machine import reset as leave_qemu
import rv32
rv32.aside(rv32.aside(__import__, "trial").begin)
"""
# What MicroPython does after a reset with these two, on the file system or frozen
INSTALLED = BEGIN + 'execfile("/boot.py")\nexecfile("/main.py")\n'
FROZEN = BEGIN + "import boot\nimport main\n"
_NETWORK = {"networks": [{"ssid": "harbour", "password": "12345678"}]}
_MQTT = {"host": "10.0.0.1"}
_HTTP = {"port": 80}
_CHARGERY = {"name": "house", "bms": "chargery", "cells": 16}
_JK = {"name": "van", "bms": "jk", "cells": 16, "address": feeds.JK_ADDRESS}
_BLUENOVA = {"name": "boat", "bms": "bluenova", "cells": 16, "host": "10.0.0.3"}
CONFIGS = {
    "Chargery+LCD": {"packs": [_CHARGERY]},
    "JK+LCD": {"packs": [_JK]},
    "BlueNova+LCD+WiFi": {"packs": [_BLUENOVA], "wifi": _NETWORK},
    "Chargery+LCD+WiFi+MQTT": {"packs": [_CHARGERY], "wifi": _NETWORK, "mqtt": _MQTT},
    "Chargery+LCD+WiFi+HTTP": {"packs": [_CHARGERY], "wifi": _NETWORK, "http": _HTTP},
    "JK+LCD+WiFi+MQTT": {"packs": [_JK], "wifi": _NETWORK, "mqtt": _MQTT},
    "JBD+LCD": {"packs": [{**_JK, "bms": "jbd"}]},
    "Daly+LCD": {"packs": [{**_JK, "bms": "daly"}]},
    "three-packs": {"packs": [_JK, _CHARGERY, _BLUENOVA], "wifi": _NETWORK, "mqtt": _MQTT},
}
ROOM = 2  # records that the segment takes before it is full


@dataclass(frozen=True)
class Outcome:
    """of a trial. why: "" if it works. In bytes: used, name_bytes, native."""

    why: str
    found: dict
    said: str


def segments(pack, kind):
    """The pack's segments at power-on, for a trial with a compaction.

    One of 64 KB that takes ROOM more frames, so that the board itself fills it and goes on in the
    next; or one that is full, and the next one, so that it waits to be compacted.
    """
    header = segment.Header(segment.PACK, 1, pack["cells"], pack["name"], 1)
    rows = (segment.MAX_SIZE - segment.HEADER_SIZE) // frame.SIZE
    if kind == "compaction":
        yield header.pack() + household(rows - ROOM)
    elif kind == "compaction_at_start":
        yield header.pack() + household(rows)
        yield header.pack()


def wanted(config, compaction, quiet_s=20, most_s=400):
    """/trial.json: the world, and what is to come about."""
    packs = [{"name": pack["name"], **feeds.of(pack["bms"])} for pack in config["packs"]]
    return {
        "packs": packs,
        "network": "wifi" in config,
        "mqtt": "mqtt" in config,
        "http": "http" in config,
        "compaction": compaction,
        "quiet_s": quiet_s,
        "most_s": most_s,
    }


def installed(config):
    """Path on the board -> contents, as `packlog install` leaves it, but for the config."""
    modules = compile.build(FIRMWARE, machine._RV32_MPY)
    starters = {path: modules.pop(path) for path in compile.AS_SOURCE}
    packages = {}
    if any("address" in pack for pack in config["packs"]):
        packages = {path.removeprefix("lib/"): it for path, it in aioble_size.files().items()}
    return {**starters, bundle.NAME: bundle.pack(modules, "0", packages)}


def flash(built, config, kind, files, path):
    """Write the flash image of a trial: the files are the firmware's, if that is not frozen."""
    image = machine.Image(built)
    for name, data in files.items():
        image.add("/" + name, data)
    text = json.dumps(config).encode()
    image.add("/config.json", text)
    image.add("/" + FINISHED, config_file.finished(text))
    image.add("/trial.json", json.dumps(wanted(config, kind != "start")).encode())
    pack = config["packs"][0]
    folder = f"/data/{pack['name']}/{segment.FOLDERS[segment.PACK]}"
    for number, data in enumerate(segments(pack, kind), 1):
        image.add(f"{folder}/{segment.file_name(number)}", data)
    return image.write(path)


def run(firmware, image, heap, script=INSTALLED, wall_s=600):
    """The Outcome with a heap of so many bytes; TimeoutError after wall_s, on a busy machine."""
    loader = ["-device", f"loader,addr={HEAP_WORD:#x},data={heap},data-len=4"]
    loader += ["-device", f"loader,file={image},addr={machine.FLASH_ADDRESS:#x},force-raw=on"]
    command = [*machine._QEMU, *loader, "-kernel", firmware, "-icount", "shift=3"]
    with tempfile.TemporaryFile() as typed:
        typed.write(b"\r\x03\x01" + script.encode() + b"\x04leave_qemu()\x04")
        typed.seek(0)
        return _follow(command, typed, wall_s)


def _follow(command, typed, wall_s):
    with subprocess.Popen(command, stdin=typed, stdout=subprocess.PIPE) as qemu:
        lines = []
        late = threading.Event()
        timer = threading.Timer(wall_s, lambda: (late.set(), qemu.kill()))
        timer.start()
        try:
            for line in qemu.stdout:
                lines.append(line.decode(errors="replace").rstrip())
                if why := _failure(lines[-1]):
                    return Outcome(why, {}, "\n".join(lines))
        finally:
            timer.cancel()
            qemu.kill()
    if late.is_set():  # says nothing about the heap
        raise TimeoutError("a trial took too long: " + "\n".join(lines))
    return _outcome("\n".join(lines))


def _failure(line):
    """What went wrong, by a line of the console."""
    if re.search(r"^MemoryError|memory allocation failed|MemoryError\(", line):
        return line
    return line if re.search(r"packlog(!|: task .* failed)", line) else ""


def _outcome(said):
    numbers = re.search(r"^trial: (\{.*\})$", said, re.MULTILINE)
    ended = re.search(r"^trial (.*)$", said, re.MULTILINE)
    errors = re.findall(r"^\w+(?:Error|Interrupt|Exit).*$", said, re.MULTILINE)
    why = ended[1] if ended else ": ".join(["it ended otherwise", *errors[-1:]])
    return Outcome("" if why == "works" else why, json.loads(numbers[1]) if numbers else {}, said)
