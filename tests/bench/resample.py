"""What resampling a long history takes on the PC: memory, and CPU time.

python tests/bench/resample.py                     ten million frames, 6 s apart
python tests/bench/resample.py --frames 1000000    fewer
python tests/bench/resample.py --every 10s         other rows than those of an hour
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
import numpy as np
from host_tools.history.frames import RAW

from store import segment

FRAMES, EVERY, SPACING_S = 10_000_000, "1h", 6
_ROOT = Path(__file__).resolve().parents[2]
_A_FILE = 5000  # frames
_BEGIN = 1600000000
_PROGRAM = "from host_tools.cli.cli import main; main()"


def history(folder, count):
    """A pack's folder with that many frames in segments, the current of each another one."""
    chance = np.random.default_rng(1)
    where = Path(folder, "house/pack")
    where.mkdir(parents=True)
    for number, first in enumerate(range(0, count, _A_FILE), 1):
        header = segment.Header(segment.PACK, 1, 16, "house", 7)
        header.sequence, header.boot, header.uptime = number, 1, first * SPACING_S
        header.utc, header.clock = _BEGIN + header.uptime, segment.NTP
        rows = np.zeros(min(_A_FILE, count - first), RAW)
        amps = np.round(chance.normal(0, 30, len(rows)), 1)
        rows["timestamp"] = SPACING_S * np.arange(1, len(rows) + 1)
        rows["current"] = amps.astype("<f2").view("<u2")
        rows["voltage"] = (52 + 0.003 * amps).astype("<f2").view("<u2")
        rows["packed16"], rows["packed8"] = 127 | 150 << 8, 0x31
        rows["min_cell_voltage"], rows["max_cell_voltage"] = 3240, 3260
        (where / segment.file_name(number)).write_bytes(header.pack() + rows.tobytes())
    return where.parent


def measure(count=FRAMES, every=EVERY):
    """MB at most, CPU s and frames/s of packlog decode --every, and how many rows it wrote."""
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        where, out = history(folder, count), Path(folder, "out.csv")
        options = ["--every", every, "--values", "mean,min,max", "-o", out]
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(
            [sys.executable, "-c", _PROGRAM, "decode", where, *options],
            cwd=_ROOT,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        with out.open() as file:
            rows = sum(1 for _ in file) - 1
    seconds = used.ru_utime - before
    return {
        "frames": count,
        "rows": rows,
        "most_mb": round(used.ru_maxrss / 1024),
        "cpu_s": round(seconds, 1),
        "frames_a_cpu_s": round(count / seconds),
    }


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=FRAMES, help=f"how many ({FRAMES})")
    parser.add_argument("--every", default=EVERY, help=f"of which length rows are ({EVERY})")
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.frames, arguments.every)))


if __name__ == "__main__":
    main()
