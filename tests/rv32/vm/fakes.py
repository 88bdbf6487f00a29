"""Stands in for those modules of an ESP32, or of the unix port, that qemu's machine has not.

Whatever packlog imports can be imported. The clock is a real one; all else does nothing.
"""

import os
import sys
import time

import rv32


class Anything:
    """An object, class or function: takes any arguments, has any attribute."""

    def __init__(self, *arguments, **named):
        pass

    def __call__(self, *arguments, **named):
        return self

    def __getattr__(self, name):
        if name[:2] == "__":
            raise AttributeError(name)
        return Anything()


class Bare:
    """Has what is put into it."""


class RTC:
    """As an ESP32's: year, month, day, weekday (counted by itself), hours, minutes, seconds, us."""

    def memory(self, data=None):
        return b""

    def datetime(self, new=None):
        if new is None:
            ns = time.time_ns()
            y, mo, d, h, mi, s, weekday, _ = time.gmtime(ns // 1000000000)
            return y, mo, d, weekday, h, mi, s, ns // 1000 % 1000000
        y, mo, d, _, h, mi, s, us = new
        rv32.set_time(time.mktime((y, mo, d, h, mi, s, 0, 0)), us)


class Machine(Anything):
    """What has to give a number, in the instance: a method cannot be imported by its name."""

    def __init__(self):
        self.RTC = RTC
        self.reset_cause = lambda: 1  # power on
        self.unique_id = lambda: bytes(6)


def before_boot():
    """What boot.py needs of a board: nobody presses BOOT, and looking for that takes no time."""
    install(("machine",))
    sys.modules["time"] = Bare()
    sys.modules["time"].sleep_ms = lambda ms: None


def after_boot():
    """The real ones again."""
    del sys.modules["machine"], sys.modules["time"]


NAMES = ("machine", "network", "bluetooth", "socket", "ssl", "tls", "esp32")
NAMES += ("aioble", "aioble.core", "aioble.client", "aioble.device", "umqtt", "umqtt.simple")


def install(names=NAMES):
    """Put them where import finds them first."""
    for name in names:
        sys.modules[name] = Machine() if name == "machine" else Anything()


def like_unix():
    """Have what device tests find on the unix port: a machine without anything, sockets, getenv."""
    install(("socket", "ssl", "tls"))
    sys.modules["machine"] = Bare()
    sys.modules["os"] = more = Bare()
    for name in dir(os):
        setattr(more, name, getattr(os, name))
    more.getenv = lambda name, default=None: default
