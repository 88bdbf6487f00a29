#!/usr/bin/env python3
"""MicroPython for RV32 under qemu, the instruction set of an ESP32-C3, built once and kept.

The source is Debian's source package of micropython, fetched and checked by apt from the mirror
that this machine has, without touching its own lists. As root the Debian packages that the build
needs are installed. PACKLOG_RV32 is "required" (no build is a failure), "off", or not set: then it
is required where root can install what it takes, and left out elsewhere.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

SUITE = "trixie"  # Debian's; bookworm has no micropython
PACKAGES = (
    "qemu-system-misc",
    "gcc-riscv64-unknown-elf",
    "picolibc-riscv64-unknown-elf",
    "gcc",
    "libc6-dev",
    "make",
)
QEMU = "qemu-system-riscv32"
CROSS_GCC = "riscv64-unknown-elf-gcc"
BOARD = "PACKLOG_RV32"
# -O2 as an ESP32's build has it. gcc 12 finds its library only without the _zicsr that newer ones
# want; with that version of the specification it is part of "i".
MAKE_OPTIONS = (f"BOARD={BOARD}", "COPT=-O2 -DNDEBUG", "RV32_ARCH=rv32imac -misa-spec=2.2")

_BOARD_FILES = Path(__file__).with_name("board")
_STRICT = (
    "APT::Get::AllowUnauthenticated=false",
    "Acquire::AllowInsecureRepositories=false",
    "Acquire::AllowWeakRepositories=false",
)


class Unavailable(Exception):
    """Why there is no build, in one line."""


@dataclass(frozen=True)
class Build:
    """What the tests use of it."""

    folder: Path

    @property
    def firmware(self):
        """The ELF file that qemu starts."""
        return self.folder / "firmware.elf"

    @property
    def tree(self):
        """The source, with the objects of this build in it."""
        return self.folder / "tree"

    @property
    def mpy_cross(self):
        """The compiler of the same version."""
        return self.folder / "mpy-cross"

    @property
    def version(self):
        """Of Debian's source package."""
        return (self.folder / "version").read_text()


def required() -> bool:
    """Is it a failure when there is no build?"""
    wish = os.environ.get("PACKLOG_RV32") or ""
    return wish != "off" and (bool(wish) or _can_install())


def find() -> Build:
    """The build, made now if there is none yet. Unavailable says why it cannot be had."""
    wish = os.environ.get("PACKLOG_RV32") or ""
    if wish not in ("", "required"):
        reason = "" if wish == "off" else ": it can be required, off, or not set"
        raise Unavailable(f"PACKLOG_RV32 is {wish}{reason}")
    folder = _cache() / f"rv32-{_recipe()}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / "rv32.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the tests run in several processes
        if not (folder / "version").exists():
            _prepare((CROSS_GCC, "make", "gcc", "apt-get", QEMU), _has_library)
            _make(folder)
        _prepare((QEMU,))
    return Build(folder)


def _cache():
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "packlog")


def _recipe():
    """A name for what the build is made of; another recipe is another build."""
    digest = hashlib.sha256(repr((SUITE, MAKE_OPTIONS)).encode())
    for path in sorted(_BOARD_FILES.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


# The tools


def _can_install():
    return os.geteuid() == 0 and bool(shutil.which("apt-get")) and bool(_main_archive())


def _has_library():
    found = subprocess.run(
        [CROSS_GCC, "--print-file-name=picolibc.specs"], capture_output=True, text=True, check=False
    )
    return os.path.isabs(found.stdout.strip())


def _prepare(tools, also=lambda: True):
    """Make sure of the tools; as root install what is missing."""
    missing = [tool for tool in tools if not shutil.which(tool)]
    if not missing and also():
        return
    names = ", ".join(missing) or "picolibc for " + CROSS_GCC
    if not _can_install():
        raise Unavailable(f"{names} missing: on Debian, apt install {' '.join(PACKAGES)}")
    _say("installing " + " ".join(PACKAGES))
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    _run([*apt, "update"])
    _run([*apt, "install", "--no-install-recommends", *PACKAGES])


def _say(text):
    print("rv32: " + text, file=sys.stderr, flush=True)


def _run(command, folder=None):
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise Unavailable(f"{' '.join(map(str, command))} failed:\n{last}")
    return done.stdout


# The source


def _main_archive():
    """Where this machine has Debian's main archive from: text for a sources file, "" if nowhere."""
    release = Path("/etc/os-release")
    text = release.read_text() if release.exists() else ""
    found = re.search(r"^VERSION_CODENAME=(\S+)", text, re.MULTILINE)
    if not re.search(r"^ID=debian$", text, re.MULTILINE) or not found:
        return ""
    for path in [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]:
        lines = path.read_text() if path.suffix in (".list", ".sources") and path.exists() else ""
        entry = (_stanza if path.suffix == ".sources" else _line)(lines, found[1])
        if entry:
            return entry
    return ""


def _stanza(text, codename):
    """The deb-src twin, for SUITE, of a paragraph of a .sources file."""
    text = re.sub(r"^#.*\n?", "", text, flags=re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", paragraph, re.MULTILINE))
        wanted = {"Types": "deb", "Suites": codename, "Components": "main"}
        if fields.get("Enabled", "").strip() == "no":
            continue
        if all(word in fields.get(name, "").split() for name, word in wanted.items()):
            fields |= {"Types": " deb-src", "Suites": " " + SUITE, "Components": " main"}
            return "".join(f"{name}:{value}\n" for name, value in fields.items())
    return ""


def _line(text, codename):
    """The deb-src twin, for SUITE, of a line of sources.list."""
    pattern = rf"^deb\s+((?:\[[^]]*\]\s+)?\S+)\s+{codename}/?\s+(?:\S+\s+)*?main\b"
    found = re.search(pattern, text, re.MULTILINE)
    return f"deb-src {found[1]} {SUITE} main\n" if found else ""


def _fetch(folder):
    """Download the source package into a folder; its .orig tarball. apt checks the signature."""
    entry = _main_archive()
    if not entry:
        raise Unavailable("no Debian archive among this machine's apt sources")
    for name in ("sources", "lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    suffix = "list" if entry.startswith("deb-src") else "sources"
    (folder / "sources" / f"packlog.{suffix}").write_text(entry)
    options = [
        "Dir::Etc::sourcelist=/dev/null",
        f"Dir::Etc::sourceparts={folder}/sources",
        f"Dir::State::lists={folder}/lists",
        f"Dir::Cache={folder}/cache",
        "Debug::NoLocking=true",
        *(["APT::Sandbox::User=root"] if os.geteuid() == 0 else []),
        *_STRICT,
    ]
    apt = ["apt-get", "-q", *(word for option in options for word in ("-o", option))]
    _run([*apt, "-o", "APT::Update::Error-Mode=any", "update"])
    _run([*apt, "source", "--download-only", "micropython"], folder)
    tarballs = list(folder.glob("micropython_*.orig.tar.xz"))
    if len(tarballs) != 1:
        raise Unavailable(f"Debian's {SUITE} has no source of micropython as it should be")
    return tarballs[0]


def _unpack(tarball, folder):
    with tarfile.open(tarball) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extraction_filter = tarfile.data_filter
        tar.extractall(folder)
    (source,) = folder.iterdir()
    return source


# The build


def _make(folder):
    """Fetch the source, build it, and leave in the folder what is needed of it."""
    with tempfile.TemporaryDirectory(prefix="rv32-making-", dir=folder.parent) as made:
        made = Path(made)
        _say("fetching the source from Debian ...")
        tarball = _fetch(made)
        _say(f"building {tarball.name} ...")
        source = _unpack(tarball, made / "source")
        boards = source / "ports/qemu/boards"
        shutil.copytree(_BOARD_FILES, boards / BOARD)
        shutil.copy(_BOARD_FILES / "manifest.py", boards)  # where an ESP32's port has its own
        marker = source / "lib/micropython-lib/README.md"  # Debian leaves it out, manifests look
        marker.parent.mkdir(exist_ok=True)
        marker.touch()
        jobs = f"-j{os.cpu_count() or 1}"
        _run(["make", "-C", source / "mpy-cross", jobs])
        _run(["make", "-C", source / "ports/qemu", jobs, *MAKE_OPTIONS])
        ready = made / "ready"
        ready.mkdir()
        shutil.copy(source / f"ports/qemu/build-{BOARD}/firmware.elf", ready)
        shutil.copy(source / "mpy-cross/build/mpy-cross", ready)
        _prune(source)
        source.rename(ready / "tree")  # for images with more frozen in: images.py
        (ready / "version").write_text(re.search(r"_(.+)\.orig", tarball.name)[1])
        shutil.rmtree(folder, ignore_errors=True)
        ready.rename(folder)


def _prune(source):
    """Leave what it takes to link once more."""
    for folder in ("docs", "drivers", "examples", "tests"):
        shutil.rmtree(source / folder, ignore_errors=True)
    for port in (source / "ports").iterdir():
        if port.is_dir() and port.name != "qemu":
            shutil.rmtree(port)


def main():
    """Make the build if there is none; exit code 1 if it is required and cannot be had."""
    try:
        build = find()
    except Unavailable as reason:
        print(f"rv32: {reason}", file=sys.stderr)
        return 1 if required() else 0
    print(f"rv32: MicroPython {build.version} in {build.folder}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
