"""The time that a board is told: the PC's."""

import contextlib
import math
import time
from pathlib import Path

SINCE = 1_735_689_600  # 2025: a PC that says less does not know the time itself


def pc_time(port: str) -> float:
    """Unix seconds now. A virtual board that outruns the clock says beside its port by how much."""
    ahead = Path(port + ".ahead")
    with contextlib.suppress(OSError, ValueError):
        if math.isfinite(seconds := float(ahead.read_text(encoding="utf8"))):
            return time.time() + seconds
    return time.time()


def parts(port: str) -> tuple[int, int]:
    """pc_time as whole seconds and ms."""
    return divmod(round(1000 * pc_time(port)), 1000)
