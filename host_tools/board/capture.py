"""packlog capture: what packs and their BMSs say to each other, out of a logger that goes on, into
a file that packlog replay reads. docs/captures.md has its format.
"""

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from host_tools.board import status
from host_tools.board.device import Device, persist
from host_tools.board.rotation import Rotating
from host_tools.board.talk import Refused, Talk, Unanswered
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.output import write_error
from host_tools.ground.progress import Progress
from host_tools.ground.text import plain
from host_tools.ground.words import there_are

MINUTE_S = 60
LONGEST_S = 3600  # for so long a board goes on whose cable was pulled; then it is asked again
MB = 1_000_000
FIRST = "# packlog capture 1"  # how each capture in a file begins


@dataclass(frozen=True)
class Wanted:
    """minutes: of the capture; None: until Ctrl-C. pack: that one alone; None: all. most_mb: when
    the file is that large, it becomes FILE.1 and so on, of which as many as kept stay; None: never.
    """

    minutes: int | None = 5
    pack: str | None = None
    most_mb: float | None = None
    kept: int = 5


def capture(port: str, out: Path, wanted: Wanted, say: Callable[[str], None]) -> None:
    """Add a capture to a file; Ctrl-C ends it before.

    PacklogError if the logger does not run, there is no such pack, or the file is not a capture.
    """
    _check(out)
    total = MINUTE_S * (wanted.minutes or math.inf)
    begun, captured = time.monotonic(), 0

    def work(device: Device) -> None:
        nonlocal captured
        while (left := total - max(captured, time.monotonic() - begun)) > 0.5:
            seconds = round(min(left, LONGEST_S))
            _add(device, out, seconds, wanted, say)
            captured += seconds

    with contextlib.suppress(KeyboardInterrupt):  # the usual way to end it
        persist(port, say, work)
    count = _lines_of(out) or _lines_of(out.with_name(f"{out.name}.1"))
    if not count:
        raise PacklogError(f"nothing was said: {out} has no byte of a BMS; is it on?")
    say(f"{out}: {count} lines; packlog replay {out} shows the readings")


def _add(
    device: Device, out: Path, seconds: int, wanted: Wanted, say: Callable[[str], None]
) -> None:
    pack = wanted.pack
    talk = _talk(device)
    lines = talk.ask_and_hear("status")[1].splitlines()
    found = [each for line in lines if (each := status.parse(line))]
    kinds = {each.pack: each.values.get("bms", "") for each in found if pack in (None, each.pack)}
    if pack and not kinds:
        raise UsageError(f"no pack is called {pack!r}: {there_are([it.pack for it in found])}")
    say(f"capturing {', '.join(kinds)} for {seconds} s; the logger goes on. Ctrl-C ends it")
    words = ("capture", seconds, pack) if pack else ("capture", seconds)
    try:
        opened = Rotating(out, lambda: _head(kinds), int(MB * (wanted.most_mb or 0)), wanted.kept)
        with opened as file, Progress("capturing", seconds, "s") as bar:
            begun = time.monotonic()
            for piece in talk.stream(*words, seconds=seconds):
                file.write(piece)
                bar.at(min(seconds, round(time.monotonic() - begun)))
    except Refused as error:
        raise PacklogError(f"the logger at {device.port} cannot capture: {error}") from None
    except OSError as error:
        raise write_error(str(out), error) from None
    finally:
        with contextlib.suppress(PacklogError):
            talk.ask("hello")  # another question ends what the logger is still sending


def _talk(device: Device) -> Talk:
    try:
        return device.talk()
    except Unanswered:
        raise PacklogError(
            f"no logger at {device.port} answers while it runs: does packlog info? An older "
            "packlog cannot capture: packlog install"
        ) from None


def _head(kinds: dict[str, str]) -> str:
    """The line that a capture begins with."""
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    packs = ", ".join(f"{plain(name)} is a {plain(kind)}" for name, kind in kinds.items())
    return f"{FIRST}, {now}, {packs}\n"


def _check(out: Path) -> None:
    """PacklogError if something else is there."""
    try:
        if not out.exists():
            return
        with out.open("rb") as file:
            is_ours = file.read(len(FIRST)) == FIRST.encode()
        if not is_ours:
            raise PacklogError(f"{out} is there and is no capture of packlog's: name another file")
    except OSError as error:
        raise write_error(str(out), error) from None


def _lines_of(out: Path) -> int:
    """What was said, in lines of it."""
    if not out.exists():
        return 0
    with out.open("rb") as file:
        return sum(not line.startswith(b"#") for line in file)
