"""Notices a current that is the wrong way round, for kinds of BMS whose sources contradict.

Each time the SoC has moved by STEP %, the charge that has flowed meanwhile is looked at. If it went
the other way, and was at least half of what the SoC says, that counts against the sign; TIMES in a
row are a complaint, one that fits takes it back. Charge that is too little for either says nothing.
Where the SoC jumps (a BMS puts it right at full and empty) or readings are missing, it begins anew.
"""

from lib import once

STEP = 5  # % of SoC
TIMES = 3
PAUSE_S = 60  # without a reading: what flowed is not known
JUMP = 1  # % that the SoC may change from one reading to the next


class CurrentSign:
    """Of a pack. words: what is said among complaints while the sign is wrong."""

    @once.packs
    def __init__(self, uptime, capacity_ah, complaints, words):
        self.wrong = False
        self._uptime = uptime
        self._capacity = 1000 * capacity_ah
        self._complaints = complaints
        self._words = words
        self._seen_s = self._from = self._against = 0
        self._soc = -JUMP - 1  # of the reading before; _from: of the begin of this step
        self._flow = self._rest = 0  # mAh since then, and mA * s that are no whole mAh yet

    def add(self, sample):
        """A reading has come in."""
        if sample.soc is not None and sample.current is not None:
            self._follow(sample.soc, sample.current)
            if abs(self._soc - self._from) >= STEP:
                self._judge((sample.capacity or self._capacity) * STEP // 200)

    def _follow(self, soc, current):
        passed = self._uptime.seconds - self._seen_s
        self._seen_s += passed
        if passed > PAUSE_S or abs(soc - self._soc) > JUMP:
            self._from = soc
            self._flow = 0
        else:
            rest = self._rest + current * passed  # 2**30: 17 kA for a minute
            self._flow += rest // 3600
            self._rest = rest % 3600
        self._soc = soc

    def _judge(self, least):
        flow = self._flow if self._soc > self._from else -self._flow
        self._from = self._soc
        self._flow = 0
        if flow >= least:
            self._against = 0
        elif flow <= -least:
            self._against += 1
        if self._against == (0 if self.wrong else TIMES):
            self.wrong = not self.wrong
            if self.wrong:
                self._complaints.append(self._words)
            else:
                self._complaints.remove(self._words)


@once.packs
def words(name, index, is_inverted):
    """What is said of the pack with that number in config.json."""
    key = "packs[" + str(index) + "].invert_current' " + ("false" if is_inverted else "true")
    return name + ": the SoC goes against the current: packlog config set '" + key
