"""Values written into a row: a bytearray of character codes, as long as the display is wide.

Integers in, characters out, nothing allocated. None is unknown and shows as "--". What lies beyond
the row's end is cut off.
"""

from screen.glyphs import BAR

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
