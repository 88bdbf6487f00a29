"""Lists as sentences have them."""

from collections.abc import Iterable


def listed(words: Iterable[str], last: str = "and") -> str:
    """a; a and b; a, b and c."""
    *others, end = map(str, words)
    return f"{', '.join(others)} {last} {end}" if others else end


def counted(count: int, word: str, many: str = "") -> str:
    """1 file; 2 files. many: the plural where it is not made with an s."""
    return f"{count} {word if count == 1 else many or word + 's'}"


def there_are(words: Iterable[str]) -> str:
    """What there is instead of something else: there is only a; there are a and b."""
    words = list(words)
    return f"there is only {words[0]}" if len(words) == 1 else f"there are {listed(words)}"
