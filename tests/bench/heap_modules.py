"""The heap that each of the firmware's modules takes, measured on MicroPython for RV32 under qemu.

Compiled as on a board, in the order of their imports. An ESP32's own modules (machine, network,
bluetooth, socket) and those of others are stand-ins that do not count.
"""

import ast
import json
import tempfile
from pathlib import Path

from tests.rv32 import machine

FIRMWARE = machine.REPOSITORY / "firmware"
MORE = 1 << 20  # bytes of heap: what does not fit a board is to be measured, too
# boot.py and main.py only start things; the twins in plain Python are for ports without native code
PLAIN = tuple(f"store.{path.stem}" for path in FIRMWARE.glob("store/*_plain.py"))
LEFT_OUT = ("boot", "main", "manifest", *PLAIN)


def modules():
    """The firmware's modules, each after those that it imports."""
    paths = {
        ".".join(path.relative_to(FIRMWARE).with_suffix("").parts): path
        for path in sorted(FIRMWARE.rglob("*.py"))
    }
    order, seen = [], set(LEFT_OUT)

    def visit(name):
        if name in seen or name not in paths:
            return
        seen.add(name)  # some import each other, in functions
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


def measure(built):
    """[name, bytes] of every module, in the order of imports."""
    image = machine.Image(built)
    image.add_installed(())
    image.add_compiled("tests/rv32/vm/fakes.py")
    image.add_compiled("tests/rv32/vm/heap_use.py")
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        board = machine.Machine(built, image.write(Path(folder) / "flash.img"))
        script = f"rv32.add_heap({MORE})\nimport heap_use\nheap_use.show_modules({modules()!r})"
        return json.loads(board.run(script))
