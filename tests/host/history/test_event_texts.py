"""What events say of themselves in a CSV, whatever a BMS has sent."""

import random
import re

from host_tools.history import events

from store import events as stored


def test_no_text_of_an_event_is_a_formula_or_needs_quotes():
    """No cell begins with = + - or @, none has a comma, a quote or a control character."""
    chance = random.Random(1)
    texts = [b"=1+1", b"-1+1", b"@SUM(A)", b'+"x",\x00', b"\t=1", b"\r\n=1", b"--", b"", b"a" * 8]
    numbers = [int.from_bytes(text[:8].ljust(8, b"\0"), "little") for text in texts]
    numbers += [chance.getrandbits(64) for _ in range(300)]
    for code in range(len(stored.NAMES) + 2):
        for number in numbers:
            said = events.in_words(code, chance.getrandbits(8), number & 0xFFFFFFFF, number >> 32)
            for text in said:
                assert re.fullmatch(r"([\w?][\w .:;/()?=-]*)?", text, re.A), (code, text)
