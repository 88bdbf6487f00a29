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
    """Of a pack. wrong: the sign contradicts the SoC; that stands among complaints then."""

    @once.packs
    def __init__(self, uptime, capacity_ah, complaints):
        self.wrong = False
        self._uptime = uptime
        self._capacity = 1000 * capacity_ah
        self._complaints = complaints
        self._words = ""
        self._seen_s = 0
        self._soc = None  # of the reading before
        self._from = 0  # the SoC that this step began with
        self._flow = self._rest = 0  # mAh since then, and mA * s that are no whole mAh yet
        self._against = 0

    @once.packs
    def set_words(self, name, where, is_inverted):
        """What is said: the pack's name and the key that turns the current."""
        turned = "false" if is_inverted else "true"
        self._words = name + ": the SoC goes against the current: packlog config set '"
        self._words += where + ".invert_current' " + turned

    def add(self, sample):
        """A reading has come in."""
        if sample.soc is not None and sample.current is not None:
            self._follow(sample.soc, sample.current, self._uptime.seconds)
            if abs(sample.soc - self._from) >= STEP:
                self._judge(sample.capacity or self._capacity)

    def _follow(self, soc, current, now):
        passed = now - self._seen_s
        self._seen_s = now
        before, self._soc = self._soc, soc
        if before is None or passed > PAUSE_S or abs(soc - before) > JUMP:
            self._begin()
        else:
            rest = self._rest + current * passed  # 2**30: 17 kA for a minute
            self._flow += rest // 3600
            self._rest = rest % 3600

    def _begin(self):
        self._from = self._soc
        self._flow = self._rest = 0

    def _judge(self, capacity):
        least = capacity * STEP // 200
        flow = self._flow if self._soc > self._from else -self._flow
        if flow <= -least:
            self._against += 1
        elif flow >= least:
            self._against = 0
        self._begin()
        if self._against == (0 if self.wrong else TIMES):
            self._tell()

    def _tell(self):
        self.wrong = not self.wrong
        if self.wrong:
            self._complaints.append(self._words)
        else:
            self._complaints.remove(self._words)
