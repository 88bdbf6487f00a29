"""Numbers that look random and are the same on every port."""


class Chance:
    """A linear congruential generator of 30 bits."""

    def __init__(self, seed):
        self._state = seed

    def below(self, limit):
        """A number from 0 to limit - 1; limit is at most 65536."""
        self._state = (self._state * 1103515245 + 12345) & 0x3FFFFFFF
        return (self._state >> 13) % limit

    def data(self, size):
        """So many bytes of anything."""
        return bytes([self.below(256) for _ in range(size)])


class Dice:
    """A longer generator, of 31 bits, for numbers within bounds."""

    def __init__(self, seed):
        self._state = seed

    def roll(self, low, high):
        """A whole number from low to high."""
        self._state = (self._state * 1103515245 + 12345) % (1 << 31)
        return low + (self._state >> 8) % (high - low + 1)
