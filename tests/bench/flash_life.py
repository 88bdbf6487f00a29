"""How long the flash lasts: erases of the store on a littlefs of 2 MiB, counted on MicroPython.

The flash is an ESP32's of 4 MB: 512 blocks of 4 KB, 100,000 cycles each. littlefs takes any free
block for what it writes, so wear spreads over the blocks that are free, and over those of the
history as retention frees them in turn. What never changes (the firmware) is not worn.
"""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import host_tools.ground.firmware
from host_tools.trial import encode, encode_vm
from host_tools.trial.plan import Plan, options
from host_tools.trial.readings import Readings
from tests.bench import household

import config
from store import segment
from store.budget import OTHERS, shares
from store.history import RESERVE

BLOCKS, BLOCK = 512, 4096
BUDGET = BLOCKS * BLOCK - OTHERS  # the default on such a board
CYCLES = 100_000
FIRMWARE_BLOCKS = 64  # what the firmware and its libraries take
_YEAR = 365.25
_DEVICE = Path(__file__).resolve().parents[1] / "device"
_EVERY = Plan(every=True)
_TYPICAL = Plan(capacity_ah=household.CAPACITY_AH)


def measure(found, every_days, typical_days):
    """A frame every 2 s and the sampler's frames, on an empty flash and beside a full history."""
    with tempfile.TemporaryDirectory(prefix="packlog-bench-") as folder:
        full = _full_history(Path(folder))
        return {
            f"{rate}_{state}": _measure(_first(found, days), plan, before)
            for rate, plan, days in (
                ("frame_every_2_s", _EVERY, every_days),
                ("typical", _TYPICAL, typical_days),
            )
            for state, before in (("empty", None), ("full", full))
        }


def _first(found, days):
    return Readings(found.records[: int(days * household.A_DAY)], found.utc, found.cells)


def _full_history(folder):
    """A history that has used up its budget."""
    encode.store(household.noise(0.25), folder, _EVERY)
    pack = folder / _EVERY.name
    shutil.copytree(pack / segment.FOLDERS[segment.HOURS], pack / segment.FOLDERS[segment.DAYS])
    for name, share in zip(segment.FOLDERS.values(), shares(BUDGET), strict=True):
        _fill_up(pack / name, share)
    return folder


def _fill_up(folder, share):
    """Repeat a file until the series has its share; which records are in it does not matter."""
    files = list(folder.glob("*.s*"))
    source = max(files, key=lambda path: path.stat().st_size)
    used = sum(-(-path.stat().st_size // BLOCK) for path in files) * BLOCK
    size = -(-source.stat().st_size // BLOCK) * BLOCK
    numbers = itertools.count(1 + max(int(path.stem) for path in files))
    while used + size <= share:
        shutil.copy(source, folder / f"{next(numbers):08d}{source.suffix}")
        used += size


def _measure(found, plan, before):
    """Erases and flushes a day, and years of flash life, with those readings going on forever."""
    history = options(found, plan)
    history["window_s"] = config.STORE["window_s"][-1]
    history["budget"] = BUDGET
    history["reserve"] = RESERVE
    del history["capacity"]  # as on the board
    job = {"name": plan.name, "utc": found.utc, "cells": found.cells, "history": history}
    job |= {"blocks": BLOCKS, "leave": BLOCKS - FIRMWARE_BLOCKS, "before": before and str(before)}
    result = _run(job, found)
    days = len(found) / household.A_DAY
    a_day = sum(result["wear"]) / days
    return {
        "days": days,
        "frames_a_day": round(result["frames"] / days, 1),
        "flushes_a_day": round(result["flushes"] / days, 1),
        "erases_a_day": round(a_day, 1),
        "free_blocks": result["free_blocks"],
        "years": round((BLOCKS - FIRMWARE_BLOCKS) * CYCLES / a_day / _YEAR, 1),
        "years_of_the_free_blocks": round(result["free_blocks"] * CYCLES / a_day / _YEAR, 1),
    }


def _run(job, found):
    path = (host_tools.ground.firmware.FIRMWARE, _DEVICE, Path(encode_vm.__file__).parent)
    script = Path(__file__).with_name("vm") / "flash_vm.py"
    done = subprocess.run(
        [encode.micropython.find(), "-X", "heapsize=64m", str(script)],
        input=json.dumps(job).encode() + b"\n" + found.records.tobytes(),
        env={**os.environ, "MICROPYPATH": ":".join([*map(str, path), ".frozen"])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = done.stdout.decode()
    if done.returncode:
        raise SystemExit(f"the run on MicroPython failed: {said}")
    return json.loads(said.splitlines()[-1])
