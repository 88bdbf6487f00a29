"""The head of an HTTP/1.1 request (RFC 9112), taken in pieces: bounded, and of its fields only
those that matter here. Pure: no sockets.
"""

LINE = 480  # bytes of a line that is kept
HEAD = 8192  # bytes of a head: of browsers' some have 1 KB
BODY = 256  # bytes of a body
FIELDS = (
    b"authorization",
    b"connection",
    b"content-length",
    b"content-type",
    b"host",
    b"if-none-match",
    b"if-range",
    b"range",
    b"transfer-encoding",
)
# Ends of a name that nobody can register: a router puts one of them behind its hosts' names
_ENDS = (b"", b".local", b".lan", b".home", b".home.arpa", b".internal", b".localdomain")
_DIGITS = b"0123456789"


class Request:
    """status: an HTTP status if it is to be refused, else 0. body_size: bytes that follow the head.
    keep: may the connection serve for more?
    """

    def __init__(self):
        self.method = self.path = b""
        self.fields = {}
        self.status = self.body_size = 0
        self.keep = False
        self.is_old = False  # HTTP/1.0
        self._line = b""
        self._is_long = False
        self._left = HEAD

    def feed(self, data):
        """Take in bytes. Returns what is behind the head once that has ended, else None."""
        at = 0
        while at < len(data):
            end = data.find(b"\n", at)
            piece = data[at : end if end >= 0 else len(data)]
            self._left -= len(piece) + 1
            if self._left < 0:
                self.status = 431
                return b""
            if len(self._line) + len(piece) > LINE:
                piece = piece[: LINE - len(self._line)]
                self._is_long = True
            self._line += piece
            if end < 0:
                return None
            at = end + 1
            if self._end_line() or self.status:
                return b"" if self.status else data[at:]
        return None

    def _end_line(self):
        """Returns True if it was the last one."""
        line, is_long = self._line, self._is_long
        self._line, self._is_long = b"", False
        if line[-1:] == b"\r":
            line = line[:-1]
        if not self.method:
            if line:  # blank ones in front are ignored
                self.status = 414 if is_long else self._begin(line)
        elif line:
            self.status = self._field(line, is_long)
        else:
            self.status = self._finish()
            return True
        return False

    def _begin(self, line):
        parts = line.split(b" ")
        if len(parts) != 3 or not parts[0].isalpha() or parts[1][:1] != b"/":
            return 400
        if any(c <= 32 or c > 126 for c in parts[1]):
            return 400
        if parts[2] not in (b"HTTP/1.1", b"HTTP/1.0"):
            return 505 if parts[2][:5] == b"HTTP/" else 400
        self.method = parts[0]
        self.path = parts[1]
        self.is_old = parts[2][-1:] == b"0"
        return 0

    def _field(self, line, is_long):
        name, colon, value = line.partition(b":")
        if not colon or not name or name.strip() != name:
            return 400
        name = name.lower()
        if name not in FIELDS:
            return 0
        if is_long:
            return 431
        if name in self.fields:
            return 400
        self.fields[name] = value.strip()
        return 0

    def _finish(self):
        fields = self.fields
        if not self.is_old and b"host" not in fields:
            return 400
        if b"transfer-encoding" in fields:
            return 501
        size = fields.get(b"content-length", b"0")
        if not _is_number(size):
            return 400
        if len(size) > 9 or int(size) > BODY:
            return 413
        self.body_size = int(size)
        said = fields.get(b"connection", b"").lower()
        self.keep = said == b"keep-alive" if self.is_old else b"close" not in said
        return 0


def _is_number(text):
    return bool(text) and not text.strip(_DIGITS)


def is_ours(host, name):
    """Is the value of a Host field one by which only a board called name can be asked?

    An address, or its name in the network at hand. Any other name may be a stranger's who lets it
    point here, so that his web page, in a browser here, can read the board (DNS rebinding).
    """
    host, colon, port = host.lower().partition(b":")
    if colon and not _is_number(port):
        return False
    if not host.strip(_DIGITS + b"."):
        return host.count(b".") == 3
    if host == b"localhost":
        return True
    name = name.lower()
    return host[: len(name)] == name and host[len(name) :] in _ENDS


def span(text, size):
    """(first, end) of a Range field's value, of a file of size bytes; None: all of it. (0, 0):
    there is nothing of what it asks for.
    """
    if text is None or text[:6] != b"bytes=":
        return None
    first, dash, last = text[6:].partition(b"-")
    first, last = first.strip(), last.strip()
    if not dash or not (first or last):
        return None
    if (first and not _is_number(first)) or (last and not _is_number(last)):
        return None  # several, or nonsense
    if not first:
        count = min(size, int(last))
        return (size - count, size) if count else (0, 0)
    first = int(first)
    end = min(size, int(last) + 1) if last else size
    if last and int(last) < first:
        return None
    return (first, end) if first < size else (0, 0)


def is_right(password, said):
    """Does the value of an Authorization field have the password? The user's name may be any."""
    from binascii import a2b_base64

    if said is None or said[:6].lower() != b"basic ":
        return False
    try:
        given = bytes(a2b_base64(said[6:])).partition(b":")[2]
    except ValueError:
        return False
    # As long for a wrong one, wherever it begins to be wrong
    wrong = len(given) ^ len(password)
    for i in range(len(password)):
        wrong |= password[i] ^ (given[i] if i < len(given) else 0)
    return not wrong
