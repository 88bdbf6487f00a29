"""The dots of the HD44780's character ROM A00: ASCII, and the specials a firmware is likely to use.

A line a character: its code, the Unicode character it stands for, 7 rows of 5 dots (the leftmost in
bit 4); the eighth row is the cursor's and free. 5C is a yen sign and 7E, 7F are arrows in this ROM.
"""

_ROM = """
21 ! 04 04 04 04 00 00 04
22 " 0A 0A 0A 00 00 00 00
23 # 0A 0A 1F 0A 1F 0A 0A
24 $ 04 0F 14 0E 05 1E 04
25 % 18 19 02 04 08 13 03
26 & 0C 12 14 08 15 12 0D
27 ' 0C 04 08 00 00 00 00
28 ( 02 04 08 08 08 04 02
29 ) 08 04 02 02 02 04 08
2A * 00 04 15 0E 15 04 00
2B + 00 04 04 1F 04 04 00
2C , 00 00 00 00 0C 04 08
2D - 00 00 00 1F 00 00 00
2E . 00 00 00 00 00 0C 0C
2F / 00 01 02 04 08 10 00
30 0 0E 11 13 15 19 11 0E
31 1 04 0C 04 04 04 04 0E
32 2 0E 11 01 02 04 08 1F
33 3 1F 02 04 02 01 11 0E
34 4 02 06 0A 12 1F 02 02
35 5 1F 10 1E 01 01 11 0E
36 6 06 08 10 1E 11 11 0E
37 7 1F 01 02 04 08 08 08
38 8 0E 11 11 0E 11 11 0E
39 9 0E 11 11 0F 01 02 0C
3A : 00 0C 0C 00 0C 0C 00
3B ; 00 0C 0C 00 0C 04 08
3C < 02 04 08 10 08 04 02
3D = 00 00 1F 00 1F 00 00
3E > 08 04 02 01 02 04 08
3F ? 0E 11 01 02 04 00 04
40 @ 0E 11 01 0D 15 15 0E
41 A 0E 11 11 11 1F 11 11
42 B 1E 11 11 1E 11 11 1E
43 C 0E 11 10 10 10 11 0E
44 D 1C 12 11 11 11 12 1C
45 E 1F 10 10 1E 10 10 1F
46 F 1F 10 10 1E 10 10 10
47 G 0E 11 10 17 11 11 0F
48 H 11 11 11 1F 11 11 11
49 I 0E 04 04 04 04 04 0E
4A J 07 02 02 02 02 12 0C
4B K 11 12 14 18 14 12 11
4C L 10 10 10 10 10 10 1F
4D M 11 1B 15 15 11 11 11
4E N 11 11 19 15 13 11 11
4F O 0E 11 11 11 11 11 0E
50 P 1E 11 11 1E 10 10 10
51 Q 0E 11 11 11 15 12 0D
52 R 1E 11 11 1E 14 12 11
53 S 0F 10 10 0E 01 01 1E
54 T 1F 04 04 04 04 04 04
55 U 11 11 11 11 11 11 0E
56 V 11 11 11 11 11 0A 04
57 W 11 11 11 15 15 15 0A
58 X 11 11 0A 04 0A 11 11
59 Y 11 11 11 0A 04 04 04
5A Z 1F 01 02 04 08 10 1F
5B [ 0E 08 08 08 08 08 0E
5C ¥ 11 0A 1F 04 1F 04 04
5D ] 0E 02 02 02 02 02 0E
5E ^ 04 0A 11 00 00 00 00
5F _ 00 00 00 00 00 00 1F
60 ` 08 04 02 00 00 00 00
61 a 00 00 0E 01 0F 11 0F
62 b 10 10 16 19 11 11 1E
63 c 00 00 0E 10 10 11 0E
64 d 01 01 0D 13 11 11 0F
65 e 00 00 0E 11 1F 10 0E
66 f 06 09 08 1C 08 08 08
67 g 00 00 0F 11 0F 01 0E
68 h 10 10 16 19 11 11 11
69 i 04 00 0C 04 04 04 0E
6A j 02 00 06 02 02 12 0C
6B k 10 10 12 14 18 14 12
6C l 0C 04 04 04 04 04 0E
6D m 00 00 1A 15 15 11 11
6E n 00 00 16 19 11 11 11
6F o 00 00 0E 11 11 11 0E
70 p 00 00 1E 11 1E 10 10
71 q 00 00 0D 13 0F 01 01
72 r 00 00 16 19 10 10 10
73 s 00 00 0E 10 0E 01 1E
74 t 08 08 1C 08 08 09 06
75 u 00 00 11 11 11 13 0D
76 v 00 00 11 11 11 0A 04
77 w 00 00 11 11 15 15 0A
78 x 00 00 11 0A 04 0A 11
79 y 00 00 11 11 0F 01 0E
7A z 00 00 1F 02 04 08 1F
7B { 02 04 04 08 04 04 02
7C | 04 04 04 04 04 04 04
7D } 08 04 04 02 04 04 08
7E → 00 04 02 1F 02 04 00
7F ← 00 04 08 1F 08 04 00
A5 · 00 00 00 0C 0C 00 00
DF ° 1C 14 1C 00 00 00 00
E0 α 00 00 09 15 12 12 0D
E1 ä 0A 00 0E 01 0F 11 0F
E2 ß 00 00 0E 11 1E 11 1E
E3 ε 00 00 0E 10 0C 11 0E
E4 µ 00 00 11 11 11 13 1D
EE ñ 0E 00 16 19 11 11 11
EF ö 0A 00 0E 11 11 11 0E
F3 ∞ 00 00 0B 15 1A 00 00
F4 Ω 00 00 0E 11 11 0A 1B
F5 ü 0A 00 11 11 11 13 0D
F6 Σ 1F 10 08 04 08 10 1F
F7 π 00 00 1F 0A 0A 0A 13
FD ÷ 00 00 04 00 1F 00 04
"""  # noqa: RUF001

UNKNOWN = "□"  # also for what of the ROM is not in the list, drawn as a frame
_FRAME = bytes.fromhex("1f11111111111f00")

# What custom characters are likely to be, to find the nearest: 8 rows of 5 dots
_SHAPES = {
    " ": "0000000000000000",
    "▎": "1010101010101010",
    "▍": "1818181818181818",
    "▌": "1c1c1c1c1c1c1c1c",
    "▊": "1e1e1e1e1e1e1e1e",
    "█": "1f1f1f1f1f1f1f1f",
    "▁": "000000000000001f",
    "▂": "0000000000001f1f",
    "▃": "00000000001f1f1f",
    "▄": "000000001f1f1f1f",
    "▅": "0000001f1f1f1f1f",
    "▆": "00001f1f1f1f1f1f",
    "▇": "001f1f1f1f1f1f1f",
    "▲": "0004040e0e1f1f00",
    "▼": "001f1f0e0e040400",
    "↑": "040e150404040400",
    "↓": "040404040e150e04",
    "°": "0c12120c00000000",
    "♥": "000a1f1f0e040000",
    "▒": "150a150a150a150a",
}


def _read() -> tuple[dict[int, str], dict[int, bytes]]:
    characters, rows = {0x20: " ", 0xFF: "█"}, {0x20: bytes(8), 0xFF: b"\x1f" * 8}
    for line in _ROM.split("\n"):
        if line:
            code = int(line[:2], 16)
            characters[code], rows[code] = line[3], bytes.fromhex(line[5:]) + b"\0"
    return characters, rows


_CHARACTERS, _ROWS = _read()
_TEMPLATES = [(int(rows, 16), shape) for shape, rows in _SHAPES.items()]
_TEMPLATES += [(int.from_bytes(rows, "big"), _CHARACTERS[code]) for code, rows in _ROWS.items()]


def dots(code: int) -> bytes:
    """8 rows of a ROM character."""
    return _ROWS.get(code, _FRAME)


def character(code: int) -> str:
    """The Unicode character of a ROM character."""
    return _CHARACTERS.get(code, UNKNOWN)


def resembling(rows: bytes) -> str:
    """The character that differs from these 8 rows of dots in the fewest places."""
    wanted = int.from_bytes(rows, "big")
    return min(_TEMPLATES, key=lambda shape: (wanted ^ shape[0]).bit_count())[1]
