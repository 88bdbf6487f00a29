"""The packlog command of this tree, as a process of its own or in this one."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest import mock

from host_tools.cli import cli

ROOT = Path(__file__).resolve().parents[2]
PACKLOG = [sys.executable, "-c", "from host_tools.cli.cli import main; main()"]


def packlog(*arguments, **options):
    """What it said, with its exit code."""
    return subprocess.run(
        [*PACKLOG, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


def packlog_here(*arguments):
    """The same in this process, which has imported by now what takes a second in another."""
    said = [io.TextIOWrapper(io.BytesIO(), "utf8", write_through=True) for _ in range(2)]
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    before = os.getcwd()
    os.chdir(ROOT)
    try:
        with (
            mock.patch.object(sys, "argv", ["packlog", *map(str, arguments)]),
            contextlib.redirect_stdout(said[0]),
            contextlib.redirect_stderr(said[1]),
        ):
            code = _exit_code(cli.main)
    finally:
        os.chdir(before)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    texts = [each.buffer.getvalue().decode().replace("\r\n", "\n") for each in said]
    return subprocess.CompletedProcess(arguments, code, *texts)


def _exit_code(command):
    try:
        command()
    except SystemExit as end:
        return end.code or 0
    return 0
