"""Runs code on MicroPython for RV32 under qemu, with a littlefs flash that has our files on it.

An Image is the flash: files compiled as on a board or put there as they are. Each run is a process
of its own, from power-on, and what it writes to the flash is gone afterwards. Scripts go in and
what they print comes out over the raw REPL on qemu's pipes: no port, nothing to wait for.
"""

import subprocess
import tempfile
from pathlib import Path

from host_tools.build import bundle, compile
from host_tools.ground.firmware import FIRMWARE, MANIFEST
from littlefs import LittleFS

REPOSITORY = Path(__file__).resolve().parents[2]
FLASH_ADDRESS = 0x86000000  # board/board.c says so, too
BLOCK = 4096
BLOCKS = 1024
_QEMU = ["qemu-system-riscv32", "-machine", "virt", "-m", "256M", "-bios", "none", "-semihosting"]
_QEMU += ["-display", "none", "-monitor", "none", "-serial", "stdio"]
_MOUNT = """
import rv32, sys, vfs
from machine import reset as leave_qemu
vfs.mount(vfs.VfsLfs2(rv32.Flash({blocks})), "/")
sys.path[:] = {path!r}
"""
PATH = ["/packlog/tests/rv32/vm", "/packlog/tests/device", "/packlog/firmware", ".frozen"]
# Without the firmware in its folder: it is frozen, or boot.py mounts its bundle in front
PATH_WITHOUT = [folder for folder in PATH if not folder.endswith("firmware")]
BOOT = "import fakes\nfakes.before_boot()\nexecfile('/boot.py')\nfakes.after_boot()\n"
_TESTS = ("tests/device/*.py", "tests/standin/**/*.py", "tests/rv32/vm/*.py")
_TESTS += ("host_tools/sim/units/*_wire.py",)
_RV32_MPY = 6 | 3 << 8 | 11 << 10  # what sys.implementation._mpy says there
_RAW = b"raw REPL; CTRL-B to exit\r\n>OK"


class RunError(Exception):
    """What the script printed and how it ended."""


def installed(kept):
    """{path: contents} of modules as `packlog install` makes them, but apart, for tests import
    them one by one; with these names as they are.
    """
    names = compile.KEPT | frozenset(kept)
    files = compile.build(FIRMWARE, _RV32_MPY, names, compile.Form.APART)
    return {path: data for path, data in files.items() if path not in compile.AS_SOURCE}


class Image:
    """A flash image in the making. Paths are those of the repository, below /packlog."""

    def __init__(self, build, blocks=BLOCKS):
        self._build = build
        self._blocks = blocks
        self._fs = LittleFS(block_size=BLOCK, block_count=blocks)
        self._fs.makedirs("/tmp")

    def add(self, path, data=None):
        """A file of the repository, or other data. Below /packlog unless it begins with a /."""
        target = Path("/packlog", path)
        self._fs.makedirs(str(target.parent), exist_ok=True)
        with self._fs.open(str(target), "wb") as file:
            file.write((REPOSITORY / path).read_bytes() if data is None else data)

    def add_compiled(self, path, optimize=0, source=None):
        """A module as .mpy, for RV32. source is where it is if not in the repository."""
        with tempfile.NamedTemporaryFile(suffix=".mpy") as made:
            command = [self._build.mpy_cross, "-march=rv32imc", f"-O{optimize}"]
            command += ["-s", Path(path).name, source or REPOSITORY / path, "-o", made.name]
            subprocess.run(command, check=True)
            self.add(Path(path).with_suffix(".mpy"), Path(made.name).read_bytes())

    def add_firmware(self):
        """The firmware, compiled as on a board."""
        for path in sorted((REPOSITORY / "firmware").rglob("*.py")):
            if path.name == MANIFEST:
                continue
            self.add_compiled(path.relative_to(REPOSITORY), optimize=3)
        self.add("firmware/config.json")

    def add_installed(self, kept):
        """The firmware as `packlog install` makes it, in a folder; with these names as they are."""
        for path, data in installed(kept).items():
            self.add(f"firmware/{path}", data)
        self.add("firmware/config.json")

    def add_bundle(self, modules):
        """The firmware as one file: its modules, path -> contents; boot.py, and config.json."""
        self.add(f"/{bundle.NAME}", bundle.pack(modules, "0"))
        self.add("/boot.py", compile.build(FIRMWARE, _RV32_MPY)["boot.py"])
        self.add("firmware/config.json")

    def add_tests(self, but_for=(), with_data=True):
        """The device tests and what they read, their data too. but_for: paths of files that come
        otherwise, or not at all.
        """
        for pattern in _TESTS:
            for path in sorted(REPOSITORY.glob(pattern)):
                if path not in but_for:
                    self.add_compiled(path.relative_to(REPOSITORY))
        for path in sorted((REPOSITORY / "tests/data").rglob("*")):
            if with_data and path.is_file():
                self.add(path.relative_to(REPOSITORY))

    def write(self, path):
        """The image as a file, for Machine."""
        path.write_bytes(self._fs.context.buffer)
        return path


class Machine:
    """Runs scripts on the build, on an image."""

    def __init__(self, build, image, path=PATH, firmware=None, begin=""):
        """firmware: the ELF, if it is another than the build's. begin: what each run does first."""
        self._loader = f"loader,file={image},addr={FLASH_ADDRESS:#x},force-raw=on"
        self._firmware = firmware or build.firmware
        self._mount = _MOUNT.format(blocks=image.stat().st_size // BLOCK, path=path) + begin

    def run(self, script, counting=False, timeout=300):
        """What the script prints. counting: the time it sees is that of its own instructions.

        RunError if it ends with an exception or does not end.
        """
        script = (self._mount + script).encode()
        command = [*_QEMU, "-device", self._loader, "-kernel", self._firmware]
        command += ["-icount", "shift=0"] if counting else []
        typed = b"\r\x03\x01" + script + b"\x04leave_qemu()\x04"
        said, ending = _carry_out(command, typed, timeout)
        parts = said.partition(_RAW)[2].split(b"\x04")
        if len(parts) < 3 or parts[1] or ending:
            said = said.replace(b"\x04", b"\n").decode(errors="replace")
            raise RunError(f"{said}\n{ending}")
        return parts[0].decode().replace("\r\n", "\n")


def _carry_out(command, typed, timeout):
    """(what it printed, how it ended: "" if well)."""
    try:
        done = subprocess.run(
            command, input=typed, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        return error.stdout or b"", f"not done after {timeout} s"
    return done.stdout, f"exit code {done.returncode}" if done.returncode else ""
