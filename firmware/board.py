"""The board as links and parts see it: one object instead of a row of arguments.

Also the way to a module by what config.json calls it: what is not asked for is never imported.
"""

import sys

from lib import once


class Board:
    """settings: all of config.json, checked. What a part has for the others it puts here."""

    @once.start
    def __init__(self, settings, uptime, clock):
        self.settings = settings
        self.uptime = uptime
        self.clock = clock
        self.local = None  # a lib.local_time.LocalTime, None for UTC
        rule = settings.get("local")
        if rule:
            from lib.local_time import LocalTime

            self.local = LocalTime(rule)
        self.packs = []
        self.parts = []  # in the order of their start
        self.tasks = []  # (name, coroutine function) of each: it does not return
        self.cause = 0  # of this start: machine.reset_cause(), or store.events.PLANNED
        self.complaints = []  # what is wrong, in words a person can act on
        self.network = None  # whose `connected` says whether there is one; None without WiFi
        self.resolver = None  # of names, None without WiFi
        self.values = ()  # how the logger is doing: pairs, as health.values gives them
        self.report = None  # prints the state of everything on the console
        self.shown = False  # is there a display that shows what it is given?


@once.start
def module(wing, name):
    """The module of a thing, such as "parts", "wifi". ImportError if the board does not have it."""
    path = wing + "." + name
    __import__(path)
    return sys.modules[path]


@once.start
def check_pins(section, where):
    """ValueError if a pin that the section names does not exist on this board."""
    from machine import Pin

    for key in section.get("pins", ()):
        try:
            Pin(section[key], Pin.IN)
        except ValueError:
            what = "GPIO " + str(section[key]) + " does not exist on this board"
            raise ValueError("config.json: " + where + "." + key + ": " + what)
