"""What is published of a pack, and when: its JSON state, whether it is there, and the logger's own
health; chargery_topics.py has the topics that a Chargery user's dashboards listen to.
"""

import json
import time

from lib import once
from net.payload import say_errors, state


def health(payload, values):
    """Compose the JSON of the logger's health from a dict of int, str, bool and None."""
    payload.clear().add(json.dumps(values))


def within(since, span_ms):
    """Whether that was less than span_ms ago. After a wrap of the ticks it was not."""
    return since is not None and 0 <= time.ticks_diff(time.ticks_ms(), since) < span_ms


class Outlet:
    """What is published of one pack. chargery: the base of Chargery's topics, "" for none."""

    @once.start
    def __init__(self, pack, device, base, chargery):
        self._pack = pack
        self._device = device
        self._base = base + "/" + pack.name
        self._chargery = chargery
        self._at = None
        self.forget()

    def forget(self):
        """Publish everything anew, as far as it still holds."""
        self._online = self._readings = None
        self._device.forget()

    def packets(self, payload, sample, settings, unix):
        """Compose what is new; yields (topic, retained), or () when the loop should get its turn.

        sample: for a copy, so that all of it is of the same reading.
        """
        pack = self._pack
        online = pack.fresh()
        if online != self._online:
            self._online = online
            payload.clear().add("online" if online else "offline")
            yield self._base + "/status", True
            if not online:  # the broker is not to hand out the last reading as if it were new
                for _ in state(payload, None, pack.bms, unix()):
                    pass
                yield self._base + "/state", True
        if settings["discovery"]:
            for topic in self._device.of_link(payload, self._base):
                yield topic and (topic, True)
        recent = within(self._at, 1000 * settings["interval_s"])
        if not online or recent or pack.readings == self._readings:
            return
        self._at = time.ticks_ms()
        self._readings = pack.readings
        sample.clear()  # of what only another pack has
        sample.copy_from(pack.sample)
        say_errors(sample, pack.errors)
        now = unix()
        said = None if now is None else now - pack.age_s()
        energy = pack.energy.values(sample)
        for _ in state(payload, sample, pack.bms, said, energy):
            yield ()
        yield self._base + "/state", True
        if self._chargery:
            from net.chargery_topics import chargery  # for who has one

            for topic in chargery(payload, sample, settings["cells"]):
                yield self._chargery + "/" + topic, False
        if settings["discovery"]:
            for topic in self._device.of_pack(payload, sample, energy):
                yield topic and (topic, True)
