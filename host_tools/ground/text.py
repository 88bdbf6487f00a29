"""What strangers say, shown as text: a board, a BMS, a neighbour's Bluetooth, the name of a file.

Whatever a command prints goes through here. Characters that a terminal obeys, or that hide or
reorder others, are shown as escapes (ESC is \\x1b); nothing is taken for markup.
"""

import json
from collections.abc import Iterable

DEEPEST = 64  # lists and objects within each other in a stranger's JSON; ours are up to 6 deep


def plain(text: str) -> str:
    """The text as one line: every character that is not printable as its escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def lines(text: str) -> str:
    """The text with its line breaks, each line plain."""
    return "\n".join(map(plain, text.split("\n")))


def show(text: str) -> None:
    """Print text to stdout: data. Each of its lines is plain."""
    print(lines(text), flush=True)


def __getattr__(name: str):
    """PlainTable and console() are loaded when asked for: most commands do without rich."""
    if name in ("PlainTable", "console"):
        from host_tools.ground import plain_table

        return getattr(plain_table, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def parse_json(text: str):
    """The value of a stranger's JSON text; ValueError if it is not JSON, or nested too deeply.

    What goes through it afterwards may call itself for each level.
    """
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return value
    raise ValueError("nested too deeply")


def _inside(value) -> Iterable:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
