#!/usr/bin/env bash
# Runs every test: style, device code on CPython and MicroPython, host tools, the virtual board.
#
#   tests/run.sh                  the suite
#   tests/run.sh -m slow          the long campaigns
#   tests/run.sh -k decode -n 0   what follows goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
. ./setup.sh
packlog_setup ".[test]" test
.venv/bin/ruff check .
.venv/bin/ruff format --check .
exec .venv/bin/python -m pytest -n auto "$@"
