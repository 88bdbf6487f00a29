"""Prints yes if main.py was interrupted before it had a logger."""

import os


def is_starting():
    there = globals().get("logger") or globals().get("safe_mode")
    print("no" if there or "main.py" not in os.listdir("/") else "yes")
