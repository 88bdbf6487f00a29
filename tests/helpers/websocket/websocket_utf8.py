"""What is UTF-8 and what is not, as in Markus Kuhn's stress test: Autobahn's 6.5 to 6.23."""

KOSME = "κόσμε".encode()


def spaced(first, end):
    return b"".join(bytes([i, 0x20]) for i in range(first, end))


# As in Markus Kuhn's UTF-8 stress test, in hex: right or wrong
CUT_SHORT = "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf"
UTF8_SEQUENCES = {
    5: "68656c6c6f24776f726c64 68656c6c6fc2a2776f726c64 68656c6c6fe282ac776f726c64 "
    "68656c6c6ff0a4ada2776f726c64 cebae1bdb9cf83cebcceb5",
    6: " ".join(KOSME[:i].hex() for i in range(1, 12)),
    7: "00 c280 e0a080 f0908080",
    8: "f888808080 fc8480808080",
    9: "7f dfbf efbfbf f48fbfbf",
    10: "f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf",
    11: "ed9fbf ee8080 efbfbd f48fbfbf f4908080",
    12: "80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf " + bytes(range(0x80, 0xBF)).hex(),
    13: " ".join(
        spaced(*ends).hex()
        for ends in ((0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD))
    ),
    14: CUT_SHORT,
    15: CUT_SHORT.replace(" ", ""),
    16: "fe ff fefeffff",
    17: "c0af e080af f08080af f8808080af fc80808080af",
    18: "c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf",
    19: "c080 e08080 f0808080 f880808080 fc8080808080",
    20: "eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf",
    21: "eda080edb080 eda080edbfbf edadbfedb080 edadbfedbfbf "
    "edae80edb080 edae80edbfbf edafbfedb080 edafbfedbfbf",
    22: "efbfbe efbfbf f09fbfbe f09fbfbf f0afbfbe f0afbfbf f0bfbfbe f0bfbfbf "
    + " ".join(f"f{a}{b}fbf{c}" for a in "123" for b in "89ab" for c in ("be", "bf"))
    + " f48fbfbe f48fbfbf",
    23: "efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf",
}


def valid_part(payload):
    """The longest beginning that some text has."""
    for end in range(len(payload), 0, -1):
        beginning = payload[:end]
        for rest in (b"", b"\x80", b"\x80\x80", b"\x80\x80\x80", b"\xa0\x80", b"\x90\x80\x80"):
            try:
                (beginning + rest).decode()
                return beginning
            except UnicodeDecodeError:
                pass
    return b""
