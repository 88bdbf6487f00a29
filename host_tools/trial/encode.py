"""packlog encode: a CSV of readings through the board's own sampler and store, on MicroPython.

What a board with those readings would have on its flash ends up in DIR/NAME, at the speed of this
machine: uptime is the CSV's time, and what a board does in the background is done at once.
"""

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import host_tools.ground.firmware
from host_tools.ground import micropython
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.output import write_error
from host_tools.ground.progress import Progress, say
from host_tools.trial import encode_vm, readings
from host_tools.trial.plan import Plan, options
from host_tools.trial.record import Readings

from store import segment

_HEAP = "64m"


def encode(path: Path, folder: Path, plan: Plan, day_first: bool | None = None) -> None:
    """Read the CSV and leave its history in folder/plan.name; says on stderr what was not taken.

    day_first: of dates such as 5/1/2024, None if the file shows it.
    """
    _check_name(plan.name)
    _check_free(folder / plan.name)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise PacklogError(f"cannot read {path}: {error.strerror}") from None
    with Progress("reading", size) as bar:
        found = readings.read(path, bar.at, day_first)
        bar.at(size)
    for line in found.trouble:
        say(f"{path}: {line}")
    with Progress("storing", len(found), "readings") as bar:
        result = store(found, folder, plan, bar.at)
    say(f"{result['frames']} frames of {len(found)} readings are in {folder / plan.name}")


def store(
    found: Readings,
    folder: Path,
    plan: Plan,
    progress: Callable[[int], None] = lambda done: None,
    silent_s: int | None = None,
) -> dict:
    """Leave the history of the readings in folder/plan.name, which must not exist. silent_s: as
    long without a reading the link is silent, an event; None: no such events.

    Returns {"frames": how many, "dropped": how many were lost}.
    """
    target = folder / plan.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".packlog-", dir=folder) as partial:
            result = _run(_job(found, partial, plan, silent_s), found, progress, target)
            os.replace(Path(partial, plan.name), target)
    except OSError as error:
        raise write_error(str(target), error) from error
    return result


def _job(found: Readings, folder: str, plan: Plan, silent_s: int | None) -> str:
    job = {
        "folder": folder,
        "name": plan.name,
        "utc": found.utc,
        "cells": found.cells,
        "history": {**options(found, plan), "silent_s": silent_s},
    }
    return json.dumps(job)


def _check_name(name: str) -> None:
    try:
        segment.check_name(name)
    except segment.SegmentError as error:
        raise UsageError(f"the pack's name {error}") from None


def _check_free(target: Path) -> None:
    if target.exists():
        raise PacklogError(f"{target} is there already: delete it, or name another folder")


def _run(job: str, found: Readings, progress: Callable[[int], None], target: Path) -> dict:
    """Have MicroPython do the job."""
    command = [micropython.find(), "-X", f"heapsize={_HEAP}", encode_vm.__file__]
    path = f"{host_tools.ground.firmware.FIRMWARE}:.frozen"
    with tempfile.TemporaryFile() as packed:
        packed.write(job.encode() + b"\n")
        packed.write(found.records.data)
        packed.seek(0)
        with _running(
            command,
            env={**os.environ, "MICROPYPATH": path},
            stdin=packed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as vm:
            result, last = _follow(vm.stdout, progress)
    if "errno" in result:
        raise OSError(result["errno"], os.strerror(result["errno"]), str(target))
    if not result or vm.returncode:
        raise PacklogError(f"MicroPython gave up ({last}): please report this with the CSV")
    return result


@contextlib.contextmanager
def _running(command: list[str], **options):
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


def _follow(lines, progress: Callable[[int], None]) -> tuple[dict, str]:
    """Numbers are how far it got, the JSON object is the result; returns that and the last line."""
    result, last = {}, "it said nothing"
    for line in filter(None, map(str.strip, lines)):
        if line.startswith("{"):
            result = json.loads(line)
        elif line.isdigit():
            progress(int(line))
        last = line
    return result, last
