"""Lengths of time as a user types them: 90, 90s, 5min, 2h, 1d."""

import re

from host_tools.ground.errors import UsageError

UNITS = {"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
_LONGEST_S = 366 * 86400


def seconds(option: str, text: str) -> int:
    """Raises UsageError that names the option."""
    found = re.fullmatch(r"([0-9]{1,9})(s|min|h|d|)", text)
    length = int(found[1]) * UNITS[found[2]] if found else 0
    if not 0 < length <= _LONGEST_S:
        raise UsageError(f"{option} {text!r}: a number with s, min, h or d, such as 90s, 5min, 1h")
    return length
