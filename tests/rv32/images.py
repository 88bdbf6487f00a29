"""Images of the RV32 build with more frozen in: what measures, or packlog itself.

The objects of the build are taken as they are: only the frozen modules are compiled, and linked. An
image is kept beside the build by a hash of its manifest and of all that this freezes.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from tests.helpers import umqtt_simple
from tests.rv32 import build as building

ESP32 = Path(__file__).with_name("esp32")
STANDIN = ESP32.parents[1] / "standin"
FIRMWARE = ESP32.parents[2] / "firmware"
MOST = 12  # images that are kept
_PORT = 'include("$(PORT_DIR)/boards/manifest.py")\n'
_PACKLOG = f'include("{FIRMWARE}/manifest.py", aioble=False)\n'
_ALL = _PACKLOG.replace(")\n", ', leave_out="")\n')


def frozen(built):
    """The image with packlog frozen in, for the device tests: with the plain twins, too."""
    return image(built, _ALL, [FIRMWARE])


def measuring(built, is_frozen=False):
    """The image that measures: with what stands in for an ESP32, and umqtt.simple.

    is_frozen: packlog is frozen in, and aioble (the stand-in).
    """
    umqtt = umqtt_simple.folder()
    manifest = f'freeze("{ESP32}", opt=3)\nfreeze("{umqtt}", "umqtt/simple.py", opt=3)\n'
    if not is_frozen:
        return image(built, _PORT + manifest, [ESP32, umqtt])
    manifest += f'package("aioble", base_path="{STANDIN}", opt=3)\n'
    return image(built, _PACKLOG + manifest, [ESP32, umqtt, STANDIN, FIRMWARE])


def image(built, manifest, folders):
    """The ELF with what the manifest freezes; folders: where it takes that from."""
    digest = hashlib.sha256(manifest.encode())
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.py")):
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    kept = built.folder / "images"
    kept.mkdir(exist_ok=True)
    path = kept / f"{digest.hexdigest()[:16]}.elf"
    with open(kept / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _link(built, manifest, path)
            for old in sorted(kept.glob("*.elf"), key=os.path.getmtime)[:-MOST]:
                old.unlink()
    return path


def _link(built, manifest, path):
    port = built.tree / "ports/qemu"
    with tempfile.TemporaryDirectory(prefix="build-image-", dir=port) as made:
        written = Path(made, "manifest.py")
        written.write_text(manifest)
        target = Path(made, "build")
        shutil.copytree(port / f"build-{building.BOARD}", target, copy_function=os.link)
        for stale in (*target.glob("frozen*"), target / "firmware.elf", target / "firmware.map"):
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
        options = [f"BUILD={target.relative_to(port)}", f"FROZEN_MANIFEST={written}"]
        building._run(["make", "-C", port, *building.MAKE_OPTIONS, *options])
        os.replace(target / "firmware.elf", path)
