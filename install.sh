#!/usr/bin/env bash
# Puts packlog on a board, or shows it without one.
#
#   ./install.sh                  to the board that is plugged in
#   ./install.sh PORT             to the board at that port, such as /dev/ttyUSB0
#   ./install.sh demo             no board: the virtual one, into demo/
#
# What follows (such as --config my.json) goes to `packlog install` or `packlog demo`.
set -euo pipefail
cd "$(dirname "$0")"
. ./setup.sh
case "${1:-}" in
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
packlog_setup . install
case "${1:-}" in
    demo) shift; exec .venv/bin/packlog demo "$@" ;;
    "" | -*) exec .venv/bin/packlog install "$@" ;;
    *) port="$1"; shift; exec .venv/bin/packlog install --port "$port" "$@" ;;
esac
