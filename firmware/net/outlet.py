"""What MQTT tells of one pack, and when it is due."""

from time import ticks_diff, ticks_ms

from net import topics


def within(since, span_ms):
    """Whether that was less than span_ms ago. After a wrap of the ticks it was not."""
    return since is not None and 0 <= ticks_diff(ticks_ms(), since) < span_ms


class Outlet:
    """What is told of one pack. chargery: the base of Chargery's topics, "" for none."""

    def __init__(self, pack, device, base, chargery):
        self._pack = pack
        self._device = device
        self._base = base + "/" + pack.name
        self._chargery = chargery
        self._at = None
        self.forget()

    def forget(self):
        """Tell everything anew, as far as it still holds."""
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
                for _ in topics.state(payload, None, pack.bms, unix()):
                    pass
                yield self._base + "/state", True
        recent = within(self._at, 1000 * settings["interval_s"])
        if not online or recent or pack.readings == self._readings:
            return
        self._at = ticks_ms()
        self._readings = pack.readings
        sample.clear()  # of what only another pack has
        sample.copy_from(pack.sample)
        active = [name for i, name in enumerate(pack.errors) if (sample.errors or 0) >> i & 1]
        if active:
            sample.texts["errors"] = ", ".join(active)
        now = unix()
        said = None if now is None else now - pack.age_s()
        for _ in topics.state(payload, sample, pack.bms, said):
            yield ()
        yield self._base + "/state", True
        if self._chargery:
            for topic in topics.chargery(payload, sample, settings["cells"]):
                yield self._chargery + "/" + topic, False
        if settings["discovery"]:
            for topic in self._device.of_pack(payload, sample):
                yield topic and (topic, True)
