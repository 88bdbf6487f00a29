"""aioble as the measurement of the heap takes it: the stand-in, made as large as the real package.

aioble comes from micropython.org alone. Version 0.6.1 (__init__, core, device, central, client)
takes 15,440 bytes of the heap on the RV32 build and brings 159 names; the stand-in does the same
work and lacks what FILLER and NAMES say. PACKLOG_AIOBLE names a folder with the real one instead.
"""

import os

from host_tools.build import compile
from tests.rv32 import machine

STANDIN = machine.REPOSITORY / "tests/standin"
REAL = ("__init__", "core", "device", "central", "client")
FILLER = 4208  # bytes
NAMES = 73


def files():
    """Path on the board -> contents."""
    real = os.environ.get("PACKLOG_AIOBLE")
    if real:
        folder = machine.REPOSITORY.__class__(real) / "aioble"
        sources = {name: (folder / f"{name}.py").read_text() for name in REAL}
    else:
        sources = {path.stem: path.read_text() for path in (STANDIN / "aioble").glob("*.py")}
        sources["__init__"] += "\nfrom . import central\n"
        sources["central"] = _filler()
    return {
        f"lib/aioble/{name}.mpy": compile.compiled(f"aioble/{name}.py", text.encode(), "rv32imc")
        for name, text in sources.items()
    }


def _filler():
    names = "; ".join(f"x.filler_name_{i:02d}" for i in range(NAMES))
    pieces = ", ".join(repr(bytes([i]) * 188) for i in range(FILLER // 208))
    return f"def names(x):\n    {names}\nfiller = ({pieces})\n"
