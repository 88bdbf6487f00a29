"""What `mpremote mip install` puts on a board  (part of docs/release.md's list):

    python -m host_tools.install.package_json        package.json, at the top of the repository,
                                                     firmware/config_keys.py and seen_as.py
    python -m host_tools.install.package_json DIR    a release's files to DIR

mip cannot tell which chip it installs to. So a release has a NAME.json for each instruction set,
which brings NAME.bundle as /packlog.bundle: what `packlog install` would put there. NAME.map.json
is for `packlog explain --map`. package.json, which mip takes from the repository itself, brings the
modules as sources to /packlog.loose: for boards with plenty of RAM, or to look for a fault. mip
builds nothing, so the modules that a build makes, config_keys and seen_as, are among the sources.
config.json is the user's and in none of them. main.py comes last: a first install that is cut off
starts nothing.
"""

import json
import re
import sys
from pathlib import Path

from host_tools.build import bundle, names
from host_tools.build.compile import ARCHITECTURES, AS_SOURCE, build_and_map, compiler_version
from host_tools.ground.firmware import (
    CONFIG,
    CONFIG_KEYS,
    FIRMWARE,
    SEEN_AS,
    config_keys_source,
    seen_as_source,
    sources,
)
from host_tools.ground.progress import say
from host_tools.install.deploy import BOOT, LOOSE, MAIN
from host_tools.install.packages import AIOBLE

from version import VERSION

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "package.json"
KEYS_MODULE = FIRMWARE / f"{CONFIG_KEYS}.py"
SEEN_MODULE = FIRMWARE / f"{SEEN_AS}.py"
# By the name of the release's files: ESP32, S2 and S3; C3 and C6; any that runs bytecode
NAMES = {"packlog-xtensawin": "xtensawin", "packlog-rv32imc": "rv32imc", "packlog-bytecode": ""}


def package(firmware: Path = FIRMWARE) -> str:
    """The text of package.json, for a firmware folder beside it."""
    modules = sorted(set(sources(firmware)) - {CONFIG, *AS_SOURCE})
    urls = [[f"{LOOSE[1:]}/{path}", f"firmware/{path}"] for path in modules]
    return _text([*urls, *([path, f"firmware/{path}"] for path in (BOOT, MAIN))])


def write_release(folder: Path, firmware: Path = FIRMWARE) -> None:
    """The files of a release, for mip and to be put on a board by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, arch in NAMES.items():
        files, short = build_and_map(firmware, _mpy(arch))
        modules = {path: data for path, data in files.items() if path not in AS_SOURCE}
        data = bundle.pack(modules, VERSION)
        (folder / f"{name}.bundle").write_bytes(data)
        (folder / f"{name}.map.json").write_bytes(
            names.as_file(bundle.identity_of(data), short).encode()
        )
        urls = [[bundle.NAME, f"{name}.bundle"], [BOOT, BOOT], [MAIN, MAIN]]
        (folder / f"{name}.json").write_bytes(_text(urls).encode())
        for path in AS_SOURCE:
            (folder / path).write_bytes(files[path])


def _mpy(arch: str) -> int:
    """sys.implementation._mpy of a board that takes what mpy-cross makes here."""
    number = next(number for number, name in ARCHITECTURES.items() if name == arch)
    major, minor, _ = compiler_version()
    return major | minor << 8 | number << 10


def _text(urls: list[list[str]]) -> str:
    content = {"version": VERSION, "urls": urls, "deps": [[AIOBLE.name, AIOBLE.version]]}
    text = json.dumps(content, indent=2)
    return re.sub(r"\[\n\s+(\S+), ?\n?\s+(\S+)\n\s+\]", r"[\1, \2]", text) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_release(Path(sys.argv[1]))
        say(f"{sys.argv[1]}: the files of version {VERSION}")
    else:
        KEYS_MODULE.write_bytes(config_keys_source().encode())
        SEEN_MODULE.write_bytes(seen_as_source().encode())
        PACKAGE.write_bytes(package().encode())
        say(f"{PACKAGE.name}: version {VERSION}")
