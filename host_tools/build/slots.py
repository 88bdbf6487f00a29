"""How many words a function's variables and its stack take while it runs, out of a compiled .mpy.

MicroPython has up to 11 on the C stack; those of a function with more it allocates at each call.
The file's format is that of MicroPython's py/persistentcode.c, the beginning of a function's
bytecode that of py/bc.h.
"""

ON_STACK = 11  # words, VM_MAX_STATE_ON_STACK in py/objfun.c
_OF_A_TRY = 3  # words that each level of try or with takes besides, on 32 bits
_TEXT, _BYTES, _INTEGER, _FLOAT, _COMPLEX, _TUPLE = range(5, 11)  # kinds of constants; no others
_BYTECODE = 0


def slots(module: bytes) -> list[int]:
    """Of each function at the top of a module, in their order. ValueError: there is native code."""
    reader = _Reader(module)
    reader.skip(4)
    names, constants = reader.number(), reader.number()
    for _ in range(names):
        length = reader.number()
        if not length & 1:  # else the name is in ROM
            reader.skip((length >> 1) + 1)
    for _ in range(constants):
        _skip_constant(reader)
    return _function(reader)[1]


class _Reader:
    """Bytes one after the other."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def number(self) -> int:
        """Seven bits a byte, the high ones first."""
        found = 0
        while True:
            each = self.byte()
            found = found << 7 | each & 0x7F
            if each < 0x80:
                return found

    def skip(self, count: int) -> None:
        self.at += count


def _skip_constant(reader: _Reader) -> None:
    kind = reader.byte()
    if kind == _TUPLE:
        for _ in range(reader.number()):
            _skip_constant(reader)
    elif kind >= _TEXT:
        reader.skip(reader.number() + (kind in (_TEXT, _BYTES)))  # these two end with a zero


def _function(reader: _Reader) -> tuple[int, list[int]]:
    """(words of it, those of the functions right inside)."""
    head = reader.number()
    if head & 3 != _BYTECODE:
        raise ValueError("native code")
    end = reader.at + (head >> 3)
    words = _words(reader)
    reader.at = end
    count = reader.number() if head & 4 else 0
    return words, [_function(reader)[0] for _ in range(count)]


def _words(reader: _Reader) -> int:
    """The bits of the first byte are xSSSSEAA, those of the next ones xFSSKAED."""
    each = reader.byte()
    state, tries = each >> 3 & 15, each >> 2 & 1
    count = 0
    while each & 0x80:
        each = reader.byte()
        state |= (each & 0x30) << 2 * count
        tries |= (each & 2) << count
        count += 1
    return state + 1 + _OF_A_TRY * tries
