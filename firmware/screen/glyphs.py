"""The custom characters of the display, and text as its character codes.

Codes 0..7 are ours, so the screens look the same whatever character ROM the display has (A00
Japanese, A02 European); the others are ASCII, and for a few letters in pack names the A00 ROM's.
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
