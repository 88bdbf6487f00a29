"""Local time: how far it is ahead of UTC, by the rule of a timezone.

A rule is what config_zone.py makes of a POSIX TZ string: [offset] of a zone without
summer time, else [offset, offset in summer, when summer begins, when it ends], the latter two as
four numbers each: month, week (5: the last), weekday (0: Sunday), second of the local day. Offsets
are in seconds.
"""

_BEGIN, _END = 2, 6  # where they are in a rule


class LocalTime:
    """rule: None for UTC."""

    def __init__(self, rule=None):
        self._rule = rule or (0,)

    def offset(self, utc):
        """Seconds that local time is ahead of UTC, at a moment in unix seconds.

        The year is UTC's, to a day or two: right because no zone's summer begins or ends at the
        turn of the year.
        """
        rule = self._rule
        if len(rule) == 1:
            return rule[0]
        day = utc // 86400
        begun = self._is_past(_BEGIN, rule[0], day, utc % 86400)
        ended = self._is_past(_END, rule[1], day, utc % 86400)
        if rule[_BEGIN] < rule[_END]:
            return rule[begun and not ended]
        return rule[begun or not ended]

    def _is_past(self, i, offset, day, second):
        """Has the change at rule[i] happened by that second of that UTC day?

        offset: local time's until the change.
        """
        rule = self._rule
        change = _day_of(1970 + day * 400 // 146097, rule[i], rule[i + 1], rule[i + 2])
        return (day - change) * 86400 + second + offset >= rule[i + 3]


def _day_of(year, month, week, weekday):
    """Days since 1970 of such a day as the last Sunday in March."""
    day = _first(year, month)
    day += (weekday - day - 4) % 7 + 7 * week - 7  # 1970 began with a Thursday
    return day if day < _first(year, month + 1) else day - 7


def _first(year, month):
    """Days since 1970 of the first of a month; 13 is the next January."""
    if month < 3:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 - 719468
