"""The charge of the frame in the making, and the mean current that says it.

Counted in mA ms. What a frame cannot say is kept and given back in later ones, so that the sum of
mean current times interval never leaves the charge of the readings.
"""

from lib import once
from store import half


class Charge:
    """What flowed since the last frame. tolerances: those of the sampler, or None."""

    @once.packs
    def __init__(self, tolerances):
        self._tolerances = tolerances
        self._rounding = 0  # mA ms that rounding kept back from the last frame
        self._late = 0  # mA ms that whole seconds kept back so far
        self._mean = 0  # mA of the last frame
        self.empty()

    def empty(self):
        """Begin a frame."""
        self.sum = 0  # mA s
        self.ms = 0  # time that was counted
        self._rest = 0  # mA ms beside the sum: small integers on a 32-bit board

    def after(self, current, ms):
        """The sum in mA s if that current flows for ms more."""
        return self.sum + (self._rest + current * ms) // 1000

    def count(self, current, ms):
        """Add the current over ms."""
        rest = self._rest + current * ms
        self.sum += rest // 1000
        self._rest = rest % 1000
        self.ms += ms

    def give_up(self):
        """There is no frame for this charge: the next ones say it."""
        self._late += self.sum * 1000 + self._rest

    def so_far(self):
        """The half that says the mean current of what was counted, as long as something was."""
        return half.from_ratio(self.sum * 1000 + self._rest, self.ms * 1000)

    def mean(self, interval, ahead, final):
        """The half that says the mean current of a frame of interval s, as long as one was counted.

        ahead: ms that the last reading came after the end of the interval, negative before it.
        final: there may be no later frame to make up for rounding.

        Readings come between the whole seconds, so the time that the frame says is not quite the
        time that was counted. The mean is that of the time counted, but with tolerances no burst
        is said to last much longer than it was: where much of the time was not counted, it goes by
        what this frame and the one before agree on. So a reading that the flash held up leaves no
        dent in the frame after it. The charge that this leaves over never gets large,
        and comes right by itself where the current is steady. What does not is given back without
        changing a frame's current by more than 1/256. What rounding leaves over is given back in
        the next frame. With tolerances both together are given back, within two minutes, or faster
        if that changes no current by more than 1/64 of its tolerance: a frame of one reading
        cannot bear what a long one left over.
        """
        charge = self.sum * 1000 + self._rest
        counted = self.ms
        tolerances = self._tolerances
        before = self._mean
        mean = self._mean = charge // counted
        said = charge * interval * 1000 // counted
        if tolerances and counted < interval * 875:
            said = charge + (interval * 1000 - counted) * sorted((0, before, mean))[1]
        late = self._late + charge - said
        most = abs(said) >> 8
        if tolerances:
            late += self._rounding
            self._rounding = 0
            a_second = max(1000 * (tolerances.current // 64), abs(late) // 128)
            most = (abs(said) >> 10) + interval * a_second
        given = min(max(late - mean * ahead, -most), most)
        self._late = late - given
        said += given + self._rounding
        bits = self._round(said, interval, final)
        self._rounding = said - half.times(bits, interval * 1000000)
        return bits

    def _round(self, said, interval, final):
        """The mean current of mA ms over interval s, as a half."""
        grid = self._tolerances.grid if self._tolerances and not final else 0
        if not grid:
            return half.from_ratio(said, interval * 1000000)
        step = grid * interval * 1000
        return half.from_milli((said + step // 2) // step * grid)
