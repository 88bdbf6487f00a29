"""The console of a BlueNova: what its decoder makes of lines, for the tests beside this."""

from bms.bluenova import Decoder

CELLS = ["C%02d) T: %d, V: %d" % (i, 20 + i, 3300 + i) for i in range(1, 17)]
STATUS = ["Vpack: 52936", "Current: -12.34", "Temp: 23", "Vc_max: 3316", "Vc_min: 3301"]
STATUS += ["SOC: 87", "SOH: 98.7", 'Errors: ""', "System_State: NORMAL RUN", "Breaker: CLOSED"]
STATUS += ["Charge State: DISCHARGING (12.3 A)"]
ROUND = CELLS + STATUS


class Console:
    """A decoder, and what each of its readings said."""

    def __init__(self, cells=0, live=False):
        self.readings = []
        self.decoder = Decoder(self._take, cells, live)
        self.stats = self.decoder.stats

    def _take(self, sample):
        said = {}
        for name in ("voltage", "current", "soc", "soh"):
            said[name] = getattr(sample, name)
        said["temperature"] = sample.temperature
        said["cells"] = sample.cells[: sample.cell_count]
        said["degrees"] = sample.cell_temperatures[: sample.cell_count]
        said["extremes"] = (sample.min_cell, sample.max_cell)
        said["extras"] = dict(sample.extras)
        said["texts"] = dict(sample.texts)
        self.readings.append(said)

    def say(self, *lines):
        for line in lines:
            self.decoder.feed((line + "\n").encode())
        return self

    def wait(self, seconds):
        for _ in range(seconds):
            assert self.decoder.request() == b""
        return self

    def values(self, name):
        return [said[name] for said in self.readings]


def reading(*lines):
    """What the one reading of these lines says."""
    console = Console().say(*lines)
    console.decoder.finish()
    assert len(console.readings) == 1, lines
    return console.readings[0]


def extra(name, line):
    return reading("Current: 0", line)["extras"][name]


def text(name, line):
    return reading("Current: 0", line)["texts"][name]
