"""Timezones for a board, which has no database of them: a name of the IANA's, such as
Europe/Berlin, becomes its rule, a POSIX TZ string, in config.json.

A rule says what holds from now on: the last line of the zone's file (RFC 9636, Footer), from the
package tzdata, the same on every PC.
"""

import contextlib
import difflib
import functools
import importlib.resources
import io
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import tzlocal
from host_tools.ground.errors import PacklogError
from host_tools.ground.text import parse_json
from host_tools.ground.words import counted

import config_zone
from lib.local_time import LocalTime

NAME, RULE = "timezone", "timezone_rule"
YEARS = 10  # for which a rule is compared with its zone
_STEP = timedelta(hours=6)


@functools.cache
def names() -> frozenset[str]:
    """Those of all zones."""
    listed = importlib.resources.files("tzdata").joinpath("zones").read_text(encoding="utf8")
    return frozenset(listed.split())


def file_of(name: str) -> bytes:
    """The zone's file."""
    return importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def zone(name: str) -> ZoneInfo:
    """The zone itself, with all its past and what is known to come."""
    return ZoneInfo.from_file(io.BytesIO(file_of(name)), name)


def rule_of(name: str) -> str:
    """The rule of a zone. PacklogError if there is no such zone, or no rule that a board knows."""
    if name not in names():
        near = difflib.get_close_matches(name, names(), 1, 0.6)
        hint = f"did you mean {near[0]}?" if near else "write it as Europe/Berlin; empty is UTC"
        raise PacklogError(f"{NAME}: {name!r} is not a timezone of the IANA's database: {hint}")
    rule = file_of(name).rsplit(b"\n", 2)[-2].decode()
    try:
        local(rule)
    except ValueError:
        raise PacklogError(
            f"{NAME}: {name} changes its clock by a rule that a board does not know ({rule}): "
            f"choose a zone with the same time, or a fixed one such as Etc/GMT-2"
        ) from None
    return rule


def local(rule: str) -> LocalTime:
    """Local time as a board has it by that rule. ValueError if it is not one."""
    return LocalTime(config_zone.local_rule({NAME: "", RULE: rule}))


def days_off(name: str, begin: datetime | None = None) -> int:
    """On how many of the days of the next ten years a zone's time is not what its rule says:
    changes by the moon, and what a government decides for one year, are in no rule.
    """
    by_rule, there = local(rule_of(name)), zone(name)
    begin = begin or datetime.now(timezone.utc)
    off = set()
    for i in range(YEARS * 365 * (timedelta(days=1) // _STEP)):
        at = begin + i * _STEP
        if at.astimezone(there).utcoffset().total_seconds() != by_rule.offset(int(at.timestamp())):
            off.add(at.date())
    return len(off)


def with_rule(text: str) -> str:
    """The text of a config.json, with the rule of the timezone that it names. What is not a
    config, and one without a name, stays as it is.
    """
    with contextlib.suppress(ValueError, RecursionError):  # that is reported elsewhere
        data = parse_json(text.lstrip("\ufeff"))
        if isinstance(data, dict) and add_rule(data):
            from host_tools.board.config_file import as_text

            return as_text(data)
    return text


def add_rule(data: dict) -> bool:
    """The same for what the text says. Returns whether something is new."""
    name = data.get(NAME)
    if not name or not isinstance(name, str):
        return False
    before, data[RULE] = data.get(RULE), rule_of(name)
    return data[RULE] != before


def follow(data, before) -> None:
    """Let the rule in a config follow the name that a user has changed. before: the config before.
    PacklogError if only the rule was changed, of a zone with a name.
    """
    if not isinstance(data, dict) or not isinstance(before, dict):
        return
    is_mine = data.get(RULE) != before.get(RULE)
    if data.get(NAME):
        mine = data.get(RULE)
        if add_rule(data) and is_mine and mine:
            raise PacklogError(
                f"{RULE} follows from {NAME}, {data[NAME]}: for one of your own set {NAME}= too"
            )
    elif before.get(NAME) and not is_mine:
        data.pop(RULE, None)


def notes(checked: dict) -> list[str]:
    """What there is to know of the timezone of a config, as config.parse() gives it."""
    name = checked[NAME]
    if not name:
        return []
    found = []
    if checked[RULE] != rule_of(name):
        found.append(
            f"{RULE} is not what {name} has now ({rule_of(name)}): packlog config set "
            f"{NAME}={name} changes that"
        )
    if days := days_off(name):
        found.append(
            f"{name} changes its clock in a way that a board does not know: its local time is off "
            f"on {counted(days, 'day')} of the next {YEARS} years"
        )
    return found


def of_this_pc() -> str:
    """The zone that this PC is in, "" if that is not known or a board does not know it."""
    with contextlib.suppress(Exception):  # of a strange set-up: it is only a proposal
        name = tzlocal.get_localzone_name()
        rule_of(name)
        return name
    return ""
