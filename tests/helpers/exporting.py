"""packlog export as a process that is killed in the middle."""

import os
import random
import signal
import subprocess
import sys
import time

from tests.helpers.command_line import ROOT

PASSWORD = "secret"
ENVIRONMENT = os.environ | {"PACKLOG_TARGET_PASSWORD": PASSWORD}
# A dot for every batch that is there, of few rows
_SLOWLY = """
import sys
from host_tools.export.targets import cursors
from host_tools.sync.export import export
cursors.ROWS = 100
export([sys.argv[1]], sys.argv[2], alive=lambda: print(".", end="", flush=True))
"""


def killed(history, target, chance: random.Random, batches: int) -> bool:
    """Export in a process that gets SIGKILL at a random moment after so many batches. Was it still
    at work?
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _SLOWLY, str(history), str(target)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(batches):
        if not process.stdout.read(1):
            break
    time.sleep(chance.random() * 0.01)
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    return process.wait() == -signal.SIGKILL
