"""The heap that packlog takes on a 32-bit board, measured on MicroPython for RV32 under qemu.

python tests/bench/heap.py [--json] [--also FOLDER ...]

Modules compiled as on a board, in the order of their imports; then, from a new start each, a
logger that has read nothing yet, by config. An ESP32's own modules (machine, network, bluetooth,
socket) and those of others are stand-ins that do not count; --also adds a folder of modules, such
as the one that aioble's package is in. Native code counts here; an ESP32 has it apart.
"""

import ast
import json
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table
from tests.bench.on_rv32 import command
from tests.rv32 import machine

FIRMWARE = machine.REPOSITORY / "firmware"
MORE = 1 << 20  # bytes of heap: what does not fit a board is to be measured, too
# boot.py and main.py only start things; the twins in plain Python are for ports without native code
LEFT_OUT = ("boot", "main", "store.columns_plain", "store.deflate_plain")
_NETWORK = {"networks": [{"ssid": "harbour", "password": "12345678"}]}
_CHARGERY = {"name": "house", "bms": "chargery", "cells": 16}
_JK = {"name": "van", "bms": "jk", "cells": 16, "address": "c8:47:8c:00:00:01"}
_BLUENOVA = {"name": "boat", "bms": "bluenova", "cells": 16}
CONFIGS = {
    "a Chargery, display": {"packs": [_CHARGERY]},
    "a JK, display": {"packs": [_JK]},
    "a Chargery, display, WiFi, MQTT": {
        "packs": [_CHARGERY],
        "wifi": _NETWORK,
        "mqtt": {"host": "10.0.0.1"},
    },
    "a JK, a Chargery and a BlueNova, display, WiFi, MQTT": {
        "packs": [_JK, _CHARGERY, _BLUENOVA],
        "wifi": _NETWORK,
        "mqtt": {"host": "10.0.0.1"},
    },
}


def modules():
    """The firmware's modules, each after those that it imports."""
    paths = {
        ".".join(path.relative_to(FIRMWARE).with_suffix("").parts): path
        for path in sorted(FIRMWARE.rglob("*.py"))
    }
    order = []

    def visit(name):
        if name in order or name not in paths or name in LEFT_OUT:
            return
        for node in ast.walk(ast.parse(paths[name].read_text())):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    visit(alias.name)
            elif isinstance(node, ast.ImportFrom):
                visit(node.module)
                for alias in node.names:
                    visit(f"{node.module}.{alias.name}")
        order.append(name)

    for name in paths:
        visit(name)
    return order


def measure(built, also=(), configs=CONFIGS):
    """Bytes: modules, [name, bytes] in the order of imports, and loggers by config."""
    image = machine.Image(built)
    image.add_installed(("Logger", "parse", "complaints"))
    image.add_compiled("tests/rv32/vm/fakes.py")
    image.add_compiled("tests/rv32/vm/heap_use.py")
    real = sorted({name for folder in also for name in _add_folder(image, Path(folder))})
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        board = machine.Machine(built, image.write(Path(folder) / "flash.img"))

        def ask(function, what):
            script = f"rv32.add_heap({MORE})\nimport heap_use\nheap_use."
            said = board.run(f"{script}{function}({what!r}, {real!r})")
            return json.loads(said)

        loggers = {name: ask("show_logger", json.dumps(it)) for name, it in configs.items()}
        return {"modules": ask("show_modules", modules()), "loggers": loggers}


def _add_folder(image, folder):
    """Put a folder's modules on the flash; returns their names."""
    for path in sorted(folder.rglob("*.py")):
        place = path.relative_to(folder)
        image.add_compiled(f"/also/{place}", optimize=3, source=path)
        yield place.parts[0].removesuffix(".py")


def show(found):
    """The table."""
    table = Table(title="Heap on RV32")
    table.add_column("what")
    table.add_column("bytes", justify="right")
    for name, size in found["modules"]:
        table.add_row(name, f"{size:,}")
    table.add_row("all modules", f"{sum(size for _, size in found['modules']):,}", style="bold")
    for name, size in found["loggers"].items():
        table.add_row(f"a logger and its modules: {name}", f"{size:,}")
    Console(width=100).print(table)


if __name__ == "__main__":
    command(
        __doc__,
        measure,
        show,
        also={"metavar": "FOLDER", "nargs": "*", "default": (), "help": "other modules"},
    )
