"""Hides the passwords in the text of a config.json, for what is sent while the logger runs."""

PASSING = True

SECRETS = (b"password", b"pin")  # the keys of what is not told


class Mask:
    """Puts asterisks in the place of what a JSON has as a password, however it comes in pieces. A
    key with a backslash, which could be one in disguise, is taken for one.
    """

    def __init__(self):
        self._quoted = self._escaped = False
        self._key = b""  # the text before
        self._hidden = False  # what comes is its value
        self._depth = 0  # of lists and objects within that

    def cover(self, view):
        """Change the next bytes of the text."""
        for i in range(len(view)):
            byte = view[i]
            if self._quoted:
                self._within(view, i, byte)
            elif byte == 34:
                self._quoted = True
                self._key = b""
            elif byte == 58:  # a colon
                self._hidden = self._hidden or self._key in SECRETS or b"\\" in self._key
            elif self._hidden:
                self._around(view, i, byte)

    def _within(self, view, i, byte):
        ends = byte == 34 and not self._escaped
        self._escaped = byte == 92 and not self._escaped
        if ends:
            self._quoted = False
        elif self._hidden:
            view[i] = 42
        elif len(self._key) < 32:
            self._key += bytes((byte,))

    def _around(self, view, i, byte):
        """A byte outside of texts, in the value of a password."""
        if byte == 91 or byte == 123:  # [ {
            self._depth += 1
        elif byte == 93 or byte == 125 or byte == 44:  # ] } or a comma
            self._depth -= byte != 44 and self._depth > 0
            self._hidden = self._depth > 0
        elif byte > 32:
            view[i] = 49  # a number stays one
