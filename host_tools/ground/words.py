"""Lists as sentences have them."""

from collections.abc import Iterable


def listed(words: Iterable[str], last: str = "and") -> str:
    """a; a and b; a, b and c."""
    *others, end = map(str, words)
    return f"{', '.join(others)} {last} {end}" if others else end


def there_are(words: Iterable[str]) -> str:
    """What there is instead of something else: there is only a; there are a and b."""
    words = list(words)
    return f"there is only {words[0]}" if len(words) == 1 else f"there are {listed(words)}"
