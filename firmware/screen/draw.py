"""Values and text in rows of the display: bytearrays of character codes, as long as it is wide.

Integers in, characters out; what begins with put_ allocates nothing. None is unknown and shows as
"--". What lies beyond the row's end is cut off. Codes 0..7 are ours, so the screens look the same
whatever character ROM the display has (A00 Japanese, A02 European); the others are ASCII, and for a
few letters in pack names the A00 ROM's.
"""

BAR = 0  # to BAR + 4: the left 1 to 5 columns of dots
DEGREE, LOWEST, HIGHEST = 5, 6, 7

# 8 rows of 5 dots each, the top row first; the eighth row stays free as in the ROM's letters
GLYPHS = (
    b"\x10\x10\x10\x10\x10\x10\x10\x00"
    b"\x18\x18\x18\x18\x18\x18\x18\x00"
    b"\x1c\x1c\x1c\x1c\x1c\x1c\x1c\x00"
    b"\x1e\x1e\x1e\x1e\x1e\x1e\x1e\x00"
    b"\x1f\x1f\x1f\x1f\x1f\x1f\x1f\x00"
    b"\x0c\x12\x12\x0c\x00\x00\x00\x00"
    b"\x00\x1f\x1f\x0e\x0e\x04\x04\x00"
    b"\x00\x04\x04\x0e\x0e\x1f\x1f\x00"
)

BLANK = 0x20
_POWERS = (1, 10, 100, 1000, 10000, 100000, 1000000)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def clear(row):
    """Fill the row with blanks."""
    for i in range(len(row)):
        row[i] = BLANK


def put_text(row, start, text, width=40):
    """Write at most width characters; returns the column after the last."""
    count = min(len(text), width, len(row) - start)
    for i in range(count):
        row[start + i] = text[i]
    return start + count


def put_right(row, start, width, text, unit=b""):
    """Write text and unit so that they end with column start + width - 1."""
    put_text(row, put_text(row, start + width - len(text) - len(unit), text), unit)


def put_fixed(row, start, width, value, scale, decimals, unit=b"", sign=False):
    """Write value (an integer that counts 10**-scale of the unit) right-aligned into width columns.

    Rounded to decimals digits after the point, to fewer where it does not fit, to asterisks where
    that is not enough. sign: a plus in front of values above zero."""
    if value is None:
        put_right(row, start, width, b"--", unit)
        return
    power = _POWERS[scale - decimals]
    digits = (abs(value) + power // 2) // power
    signed = digits and (value < 0 or sign)
    need = max(_count_digits(digits), decimals + 1 if decimals else 1)
    if decimals:
        need += 1
    if signed:
        need += 1
    if need + len(unit) > width:
        _put_narrower(row, start, width, value, scale, decimals, unit, sign)
        return
    end = start + width - len(unit)
    put_text(row, end, unit)
    start = _put_digits(row, end, digits, decimals)
    if signed:
        row[start - 1] = 0x2D if value < 0 else 0x2B


def _put_narrower(row, start, width, value, scale, decimals, unit, sign):
    if decimals:
        put_fixed(row, start, width, value, scale, decimals - 1, unit, sign)
        return
    for i in range(start, start + width):
        row[i] = 0x2A


def _put_digits(row, end, digits, decimals):
    """Write digits so that they end before column end; returns the first one's column."""
    i = end
    while True:
        i -= 1
        row[i] = 0x30 + digits % 10
        digits //= 10
        if decimals and end - i == decimals:
            i -= 1
            row[i] = 0x2E
        if not digits and (not decimals or end - i > decimals + 1):
            return i


def _count_digits(value):
    count = 1
    while value >= 10:
        value //= 10
        count += 1
    return count


def put_number(row, start, value):
    """Write an integer of 0 or more from column start on; returns the column after it."""
    end = start + _count_digits(value)
    _put_digits(row, end, value, 0)
    return end


def put_count(row, start, width, value):
    """Write a count right-aligned, in thousands (k) or millions (M) where it is too long."""
    if value is None or _count_digits(value) <= width:
        put_fixed(row, start, width, value, 0, 0)
    elif _count_digits(value // 1000) < width:
        put_fixed(row, start, width, value // 1000, 0, 0, b"k")
    else:
        put_fixed(row, start, width, value // 1000000, 0, 0, b"M")


def put_duration(row, start, ms):
    """Write a time span as 7s, 3m12s, 2h05m or 5d03h; returns the column after it."""
    s = max(ms, 0) // 1000
    if s < _MINUTE:
        return put_text(row, put_number(row, start, s), b"s")
    if s < _HOUR:
        return _put_pair(row, start, s, _MINUTE, 1, b"ms")
    if s < _DAY:
        return _put_pair(row, start, s, _HOUR, _MINUTE, b"hm")
    return _put_pair(row, start, s, _DAY, _HOUR, b"dh")


def _put_pair(row, start, s, large, small, units):
    i = put_number(row, start, s // large)
    row[i] = units[0]
    rest = s % large // small
    row[i + 1] = 0x30 + rest // 10
    row[i + 2] = 0x30 + rest % 10
    row[i + 3] = units[1]
    return i + 4


def put_age(row, start, width, ms):
    """Write a short age right-aligned: 5s, 99s, then whole minutes and hours."""
    s = max(ms, 0) // 1000
    if s < 100:
        put_fixed(row, start, width, s, 0, 0, b"s")
    elif s < 100 * _MINUTE:
        put_fixed(row, start, width, s // _MINUTE, 0, 0, b"m")
    else:
        put_fixed(row, start, width, s // _HOUR, 0, 0, b"h")


def put_bar(row, start, width, percent):
    """Draw a bar in brackets: 5 dots of length a character between them. None: an empty one."""
    row[start] = 0x5B
    row[start + width - 1] = 0x5D
    cells = width - 2
    dots = (min(max(percent or 0, 0), 100) * 5 * cells + 50) // 100
    for i in range(cells):
        here = min(dots - 5 * i, 5)
        row[start + 1 + i] = BAR + here - 1 if here > 0 else BLANK


# Text

# The ROM has a yen sign at the backslash and an arrow at the tilde
_CODES = {"\\": 0x2F, "~": 0x2D, "°": DEGREE, "ä": 0xE1, "ö": 0xEF, "ü": 0xF5, "ß": 0xE2,
          "Ä": 0xE1, "Ö": 0xEF, "Ü": 0xF5, "ñ": 0xEE, "µ": 0xE4, "Ω": 0xF4}  # fmt: skip


def lcd_text(text):
    """A str as character codes; what the display cannot show becomes a question mark."""
    codes = bytearray()
    for char in text:
        code = ord(char)
        if char in _CODES:
            codes.append(_CODES[char])
        elif 0x20 <= code < 0x7F:
            codes.append(code)
        else:
            codes.append(0x3F)
    return bytes(codes)


def wrap(text, columns):
    """Character codes of a str in lines (bytes) of at most columns, broken between words."""
    lines = []
    line = b""
    for word in lcd_text(text).split():
        if line and len(line) + 1 + len(word) > columns:
            lines.append(line)
            line = b""
        line = line + b" " + word if line else word
        while len(line) > columns:
            lines.append(line[:columns])
            line = line[columns:]
    if line:
        lines.append(line)
    return lines
