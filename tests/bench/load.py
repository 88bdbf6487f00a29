"""How fast a long history becomes columns and CSV on this PC, and in how much memory; beside what
other libraries take for the same rows, in the same run.

python tests/bench/load.py                      ten million frames, in shards
python tests/bench/load.py --frames 1000000     fewer
python tests/bench/load.py --json               one JSON object instead of the table

Each is a process of its own; of its repetitions the fastest counts, and the memory of the first.
CPU seconds are of all threads.
inflate is what zlib alone takes for the same shards: nothing that reads them can be faster. The
other libraries write rows that they already have; packlog decode reads the shards besides.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table
from tests.bench import many_frames

FRAMES = 10_000_000
_ROOT = Path(__file__).resolve().parents[2]
# What each does, in a process that has the folder in where, a file in out, and done() to be called
# with the number of rows after what counts. before: what is done first and does not count.
_LOAD = "from host_tools.history import load, records\n"
_CSV = "import numpy as np\nfrom host_tools.history import load\nrows = load(where)\n"
_NAMES = (
    'names = ["time", "voltage", "current", "temperature", "soc", "min_cell_voltage", '
    '"max_cell_voltage", "min_voltage_cell", "max_voltage_cell"]\n'
)
CASES = {
    "inflate": (
        "import zlib\nfrom host_tools.history import records, shards\n"
        "found = [path.read_bytes() for path in records.find([where])]\n"
        "streams = [shards.parse(data)[3] for data in found]\n"
        "rows = sum(shards.read_head(data)[1] for data in found)\n",
        "for stream in streams: zlib.decompress(stream)\ndone(rows)",
    ),
    "frames, still packed": (
        "from host_tools.history import packed, records\n",
        "done(len(packed.load(records.find([where]))))",
    ),
    "columns": (_LOAD, "done(len(load(where)))"),
    "packlog info": (
        "from host_tools.history.info import collect\n",
        "done(collect([where])[0][0].frames)",
    ),
    "decode to CSV": (
        "from host_tools.export.decode import decode\n",
        "done(decode([where], out))",
    ),
    "CSV of frames": (
        "from host_tools.export import csv\nfrom host_tools.history import packed, records\n"
        "source = packed.load(records.find([where]))\n",
        'with open(out, "w") as file:\n'
        "    done(csv.write_blocks(packed.rows_of(source), file.write))",
    ),
    "CSV by polars": (
        f"{_CSV}{_NAMES}frame = rows.to_polars().select(names)\n",
        "frame.write_csv(out)\ndone(len(frame))",
    ),
    "CSV by pyarrow": (
        f"{_CSV}{_NAMES}from pyarrow import csv\nframe = rows.to_arrow().select(names)\n",
        "csv.write_csv(frame, out)\ndone(len(frame))",
    ),
    "CSV by pandas": (
        f"{_CSV}{_NAMES}frame = rows.to_pandas()[names][:1000000]\n",
        "frame.to_csv(out, index=False)\ndone(len(frame))",
    ),
}
_PROGRAM = """
import json, resource, sys, time
sys.path[0:0] = [{root!r}, {root!r} + "/firmware"]
where, out, times = {where!r}, {out!r}, []
{before}
most = []
def done(rows):
    times.append((time.perf_counter() - begun[0], time.process_time() - begun[1], rows))
    most.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
for _ in range({repeat}):
    begun = time.perf_counter(), time.process_time()
    {what}
wall, cpu, rows = (min(each) for each in zip(*times))
print(json.dumps(dict(rows=rows, wall_s=wall, cpu_s=cpu, most_mb=round(most[0]))))
"""


def measure(count=FRAMES, names=tuple(CASES), repeat=2, days=2.0):
    """By case: rows, wall and CPU s, rows a CPU s, and MB at most of its process."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        where, _ = many_frames.write(Path(folder), count, days)
        for name in names:
            found[name] = _run(name, where, Path(folder, "out.csv"), repeat)
    return found


def _run(name, where, out, repeat):
    before, what = CASES[name]
    program = _PROGRAM.format(
        root=str(_ROOT),
        where=str(where),
        out=str(out),
        before=before,
        repeat=repeat,
        what=what.replace("\n", "\n    "),
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=_ROOT,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return found | {"rows_a_cpu_s": round(found["rows"] / found["cpu_s"])}


def table_of(found):
    """The measurements as a table."""
    table = Table("", "rows", "s", "CPU s", "million rows a CPU s", "MB at most")
    for name, row in found.items():
        million = f"{row['rows_a_cpu_s'] / 1e6:.2f}"
        times = f"{row['wall_s']:.2f}", f"{row['cpu_s']:.2f}"
        table.add_row(name, f"{row['rows']}", *times, million, f"{row['most_mb']}")
    return table


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=FRAMES, help=f"how many ({FRAMES})")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    arguments = parser.parse_args()
    found = measure(arguments.frames)
    if arguments.json:
        print(json.dumps(found))
    else:
        Console().print(table_of(found))


if __name__ == "__main__":
    main()
