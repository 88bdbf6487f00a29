"""The base of what withholds a BMS's passcodes from a capture: only whole frames are shown, secrets
in them overwritten. What is damaged, or no frame, could be a part of one, and is withheld.
"""

PASSING = True


class Cover:
    """It has HEAD, and

    - length(have): of the frame that bytes begin with; 0: not one; more than there is while that is
      not known.
    - overwritten(frame): the frame as it is shown, b"" if it is not whole.
    """

    def __init__(self):
        self._have = b""

    def take(self, data):
        """(what can be shown now, how many bytes never will)"""
        have = self._have + data
        shown, withheld = b"", 0
        while have:
            at = self._begin(have)
            withheld += at
            have = have[at:]
            length = self.length(have)
            if length > len(have):
                break
            frame = self.overwritten(have[:length]) if length else b""
            shown += frame
            withheld += not frame
            have = have[length if frame else 1 :]
        self._have = have
        return shown, withheld

    def _begin(self, have):
        """Where the next frame may begin."""
        at = have.find(self.HEAD)
        if at >= 0:
            return at
        for at in range(max(0, len(have) - len(self.HEAD) + 1), len(have)):
            if self.HEAD.startswith(have[at:]):
                return at
        return len(have)
