"""The timezone in config.json: its rule, a POSIX TZ string such as CET-1CEST,M3.5.0,M10.5.0/3, as
lib.local_time takes it.

The PC writes the rule beside the name: a board has no timezone database. RFC 9636 says how it is
written; times of a day reach from -167 to 167 hours. Rules by the day of the year (J60, 59) are
refused: no zone has one.
"""

from config_rules import _DIGITS, ConfigError

PASSING = True

EXAMPLE = "CET-1CEST,M3.5.0,M10.5.0/3"
_SIGNED = _DIGITS + "+-:"
_USUAL = 7200  # second of the day of a change that names none


def local_rule(checked):
    """What lib.local_time.LocalTime takes, None for UTC. checked: all of config.json.

    ConfigError says what to do.
    """
    name, text = checked["timezone"], checked["timezone_rule"]
    again = "packlog config set timezone=" + (name or "Europe/Berlin") + " writes it"
    if not text:
        if name:
            raise ConfigError("timezone_rule", "is missing: " + again)
        return None
    try:
        return _parse(text)
    except ValueError:
        wrong = repr(text) + " is not a rule such as " + EXAMPLE + ": " + again
        raise ConfigError("timezone_rule", wrong)


def _parse(text):
    head, *changes = text.split(",")
    offset, head = _zone(head)
    _expect(offset is not None and len(changes) == (2 if head else 0))
    if not head:
        return [-offset]
    summer, head = _zone(head)
    _expect(not head)
    found = [-offset, 3600 - offset if summer is None else -summer]
    for change in changes:
        found += _change(change)
    _expect(found[2] != found[6])
    return found


def _expect(is_right):
    if not is_right:
        raise ValueError


def _zone(text):
    """(seconds that it is behind UTC or None, the rest) of the name and offset it begins with."""
    if text[:1] == "<":
        end = text.find(">") + 1
        _expect(end > 4)
    else:
        end = _leading(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        _expect(end > 2)
    count = _leading(text[end:], _SIGNED)
    offset = _seconds(text[end : end + count], 24) if count else None
    return offset, text[end + count :]


def _leading(text, characters):
    """How many of these the text begins with."""
    return len(text) - len(text.lstrip(characters))


def _seconds(text, most):
    """Of [+-]h[:mm[:ss]]; most: hours."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    numbers = [_number(part, 0, 59 if i else most) for i, part in enumerate(digits.split(":"))]
    _expect(len(numbers) < 4)
    found = sum([number * (3600, 60, 1)[i] for i, number in enumerate(numbers)])
    return -found if text[:1] == "-" else found


def _number(text, lowest, highest):
    _expect(text and not text.strip(_DIGITS) and lowest <= int(text) <= highest)
    return int(text)


def _change(text):
    """[month, week, weekday, second of the day] of Mm.w.d[/time]. Not at the turn of the year,
    which local_time takes for granted.
    """
    day, slash, time = text.partition("/")
    numbers = day[1:].split(".")
    _expect(day[:1] == "M" and len(numbers) == 3)
    month = _number(numbers[0], 1, 12)
    week = _number(numbers[1], 1, 5)
    _expect((month > 1 or week > 1) and (month < 12 or week < 4))
    return [month, week, _number(numbers[2], 0, 6), _seconds(time, 167) if slash else _USUAL]
