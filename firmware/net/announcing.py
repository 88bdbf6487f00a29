"""Which entities Home Assistant has been told of: each once, as soon as its value is known.

discovery.py composes what it is told, and is in memory only for that.
"""

import gc
import json
import sys

from fields import LISTS, MEASUREMENT
from lib import once, passing
from net.payload import PLACES, count_of, known_fields

LINK_AT = len(LISTS)


class Device:
    """What Home Assistant shows as a device: a pack, or the logger itself (pack "").

    expire_s: without news for so long, a value is not shown any more.
    """

    @once.start
    def __init__(self, settings, device_id, pack, model, expire_s):
        self.prefix = settings["discovery_prefix"]
        self.cells = settings["cells"]  # entities of single cells are enabled from the start
        self.base = json.dumps(settings["base"])[1:-1]
        self.pack = pack
        self.model = model
        self.expire_s = expire_s
        self.id = self.via = device_id
        # Of a pack: how many of each of LISTS, the link, then each field by its place: in a dict it
        # would take 600 bytes more. Of the logger: the keys
        self._announced = bytearray(LINK_AT + 1 + PLACES) if pack else {}
        if pack:
            self.id += "_" + pack

    def forget(self):
        """Announce everything anew."""
        known = self._announced
        self._announced = {} if isinstance(known, dict) else bytearray(len(known))

    def of_pack(self, payload, sample, energy=()):
        """Compose a config for each entity that is not announced yet; yields the topics. energy:
        as known_fields takes it.

        And "" whenever the loop should get its turn. MemoryError if there is no room for it now.
        """
        composer = None
        try:
            for key, _, unit, decimals, kind, place in known_fields(sample, energy):
                at = LINK_AT + 1 + place
                if not self._announced[at]:
                    composer = composer or (yield from _load())
                    self._announced[at] = 1
                    yield composer.value(self, payload, key, (unit, decimals, kind))
            for at, (key, name, unit, decimals) in enumerate(LISTS):
                field = (unit, decimals, MEASUREMENT)
                yield ""
                for i in range(self._announced[at], count_of(sample, key)):
                    composer = composer or (yield from _load())
                    self._announced[at] = i + 1
                    element = "(value_json['%s']|default([]))[%d]" % (key, i)
                    name_of_it = "%s_%d" % (name, i + 1)
                    yield composer.value(self, payload, name_of_it, field, element)
        finally:
            passing.forget("net.discovery")

    def of_link(self, payload, base):
        """The same for whether the pack's BMS delivers readings. base: of the pack's topics."""
        if not self._announced[LINK_AT]:
            try:
                composer = yield from _load()
                self._announced[LINK_AT] = 1
                yield composer.link(self, payload, base)
            finally:
                passing.forget("net.discovery")

    def of_health(self, payload, values):
        """The same for the logger's health, a dict of int, str, bool and None."""
        composer = None
        try:
            for key in values:
                if values[key] is not None and key not in self._announced:
                    composer = composer or (yield from _load())
                    self._announced[key] = 1
                    topic = composer.health(self, payload, key, values[key])
                    if topic:
                        yield topic
        finally:
            passing.forget("net.discovery")


def _load():
    """Generator: brings the module, in steps of some ms. MemoryError if there is no room."""
    yield ""
    gc.collect()  # in whole pieces
    yield ""
    __import__("net.discovery")
    yield ""
    return sys.modules["net.discovery"]
