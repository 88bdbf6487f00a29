#!/usr/bin/env bash
# Runs every test: style, device code on CPython, on MicroPython and on RV32, host tools, the
# virtual board.
#
#   tests/run.sh                  the suite
#   tests/run.sh -m slow          the long campaigns
#   tests/run.sh -k decode -n 0   what follows goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
. ./setup.sh
unset PYTHONDONTWRITEBYTECODE  # each command would compile all that it imports, each time
packlog_setup ".[test]" test
.venv/bin/ruff check .
.venv/bin/ruff format --check .
# What is slow to get is got once, before several tests want it at the same time. Whether it is
# there is for the tests to judge.
.venv/bin/python -m tests.helpers.umqtt_simple || true
.venv/bin/python -m tests.rv32.build || true
.venv/bin/python -m tests.helpers.builds || true
# One more than there are cores: some tests wait for a real serial port or a real broker.
workers=$(.venv/bin/python -c 'import os; print((os.cpu_count() or 1) + 1)')
exec .venv/bin/python -m pytest -n "$workers" --dist worksteal "$@"
