"""The smallest heap in which packlog comes up and works, by config, measured on 32 bits.

python tests/bench/heap.py [--json] [--only CONFIG ...]

For each config the smallest heap (bytes, to 1 KB) is searched in which it starts, and the smallest
in which it also compacts a full segment while it runs: bench/heap_trial.py says what a trial is.
The same with packlog frozen into the image. Beside it stand the bytes in use (after a collection,
at the end of a trial), those of the names (qstrs) and their pools, and the native code that the
encoder brings, which an ESP32 has outside of its heap. Then the largest modules.
"""

import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    # This folder on the path would hide the firmware's package store.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    sys.path.append(str(Path(__file__).resolve().parents[1] / "device"))

import host_tools.ground.firmware  # noqa: F401 - the firmware on sys.path
from rich.console import Console
from rich.table import Table
from tests.bench import budgets, heap_modules, heap_trial
from tests.bench.on_rv32 import command
from tests.rv32 import images

KB = 1024
FIRST_STEP, MOST = 4 * KB, 400 * KB
KINDS = ("start", "compaction")


def smallest(works, guess):
    """The smallest size, a multiple of KB, for which works(size), tried from guess on.

    None if it is over MOST. works() is taken to hold above any size for which it holds.
    """
    size = guess // KB * KB
    step = FIRST_STEP
    if works(size):
        good, bad = size, max(0, size - step)
        while bad and works(bad):
            step *= 2
            good, bad = bad, max(0, bad - step)
    else:
        bad, good = size, size + step
        while not works(good):
            if good == MOST:
                return None
            step *= 2
            bad, good = good, min(MOST, good + step)
    while good - bad > KB:
        middle = (good + bad) // (2 * KB) * KB
        good, bad = (middle, bad) if works(middle) else (good, middle)
    return good


class Trials:
    """Trials of a config, with packlog installed or frozen into the image."""

    def __init__(self, built, name, compaction, is_frozen, folder):
        config = heap_trial.CONFIGS[name]
        files = {} if is_frozen else heap_trial.installed(config)
        path = Path(folder) / "flash.img"
        self._flash = heap_trial.flash(built, config, compaction, files, path)
        self._image = images.measuring(built, is_frozen)
        self._script = heap_trial.FROZEN if is_frozen else heap_trial.INSTALLED
        self._name = f"{name}{', frozen' * is_frozen}{', compaction' * compaction}"
        self.found = {}  # by size

    def run(self, size):
        """The Outcome with a heap of so many bytes."""
        outcome = heap_trial.run(self._image, self._flash, size, self._script)
        self.found[size] = outcome.found
        print(f"{self._name}, {size // KB} KB: {outcome.why or 'works'}", file=sys.stderr)
        return outcome

    def works(self, size):
        """Does it come up, and do its work?"""
        return not self.run(size).why


def search(built, name, is_frozen, folder):
    """By kind: the smallest heap, and what its trial found, of a config."""
    sizes, use = {}, {}
    for compaction, kind in enumerate(KINDS):
        trials = Trials(built, name, bool(compaction), is_frozen, folder)
        guess = 64 * KB if is_frozen else KB * budgets.of("heap_kb", name)[kind]
        sizes[kind] = smallest(trials.works, guess)
        use[kind] = trials.found.get(sizes[kind], {})
    return sizes, use


def measure(built, only=()):
    """All that the module's docstring names."""
    found = {"smallest": {}, "in use": {}, "frozen": {}, "modules": heap_modules.measure(built)}
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        for name in only or heap_trial.CONFIGS:
            found["smallest"][name], found["in use"][name] = search(built, name, False, folder)
            found["frozen"][name], _ = search(built, name, True, folder)
    return found


def show(found):
    """The tables."""
    table = Table(title="Smallest heap on RV32 (KB), and of it in use (bytes)")
    columns = ("config", *KINDS, "frozen", KINDS[1], "in use", "of it names", "native code")
    for column in columns:
        table.add_column(column, justify="left" if column == "config" else "right")
    for name, sizes in found["smallest"].items():
        use = found["in use"][name]
        row = [
            str((each[kind] or 0) // KB)
            for each in (sizes, found["frozen"][name])
            for kind in KINDS
        ]
        row += [f"{use['start'].get(key, 0):,}" for key in ("used", "name_bytes")]
        table.add_row(name, *row, f"{use['compaction'].get('native', 0):,}")
    Console(width=100).print(table)
    modules = Table(title="The largest modules (bytes)")
    for name, size in sorted(found["modules"], key=lambda each: -each[1])[:20]:
        modules.add_row(name, f"{size:,}")
    modules.add_row("all", f"{sum(size for _, size in found['modules']):,}")
    Console(width=100).print(modules)


if __name__ == "__main__":
    only = {"metavar": "CONFIG", "nargs": "*", "choices": list(heap_trial.CONFIGS), "default": ()}
    command(__doc__, measure, show, only=only)
