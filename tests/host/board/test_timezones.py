"""Timezones: each zone's rule gives the local time that the zone's file does, or it is said that
it does not.
"""

import json
from datetime import datetime, timedelta, timezone

import pytest
from host_tools.board import configure, timezones
from host_tools.board.config_file import read_file
from host_tools.ground.errors import PacklogError

import config

BERLIN = "CET-1CEST,M3.5.0,M10.5.0/3"
BEGIN = datetime(2027, 1, 1, tzinfo=timezone.utc)
# Both hemispheres, half hours, winter as the exception, beyond the day, no summer
SOME = (
    *("Europe/Berlin", "Europe/Dublin", "America/Nuuk", "America/New_York", "America/Santiago"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Asia/Jerusalem", "Asia/Kolkata", "Africa/Cairo"),
)
PACKS = {"packs": [{"name": "house", "bms": "chargery"}]}


def seconds(zone, at):
    return at.astimezone(zone).utcoffset().total_seconds()


def changes(zone, years):
    """The seconds (UTC) at which local time changes, by halving the days in which it does."""
    for i in range(years * 366):
        low, high = BEGIN + timedelta(days=i), BEGIN + timedelta(days=i + 1)
        if seconds(zone, low) != seconds(zone, high):
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                if seconds(zone, middle) == seconds(zone, low):
                    low = middle
                else:
                    high = middle
            yield high


def agrees_at_each_change(name, years):
    """Checks both sides of each change, to the second; returns how many there are."""
    zone, local = timezones.zone(name), timezones.local(timezones.rule_of(name))
    found = list(changes(zone, years))
    for change in found:
        for at in (change - timedelta(seconds=1), change):
            assert local.offset(int(at.timestamp())) == seconds(zone, at), (name, at)
    return len(found)


@pytest.mark.parametrize("name", SOME)
def test_the_rule_gives_the_zones_time(name):
    assert timezones.days_off(name, BEGIN) == 0
    assert agrees_at_each_change(name, 2) == (0 if name == "Asia/Kolkata" else 4)


@pytest.mark.slow
def test_every_zone_has_its_time_or_is_said_to_be_off():
    """Every hour of ten years of each zone, once for zones with the same file."""
    of_file = {timezones.file_of(name): name for name in sorted(timezones.names())}
    assert len(of_file) > 300
    hours = [BEGIN + timedelta(hours=i) for i in range(24 * 3653)]
    off = {}
    for name in of_file.values():
        zone, local = timezones.zone(name), timezones.local(timezones.rule_of(name))
        off[name] = {
            at.date() for at in hours if local.offset(int(at.timestamp())) != seconds(zone, at)
        }
        assert bool(off[name]) == bool(timezones.days_off(name, BEGIN)), (name, off[name])
        if not off[name]:
            agrees_at_each_change(name, 10)
    assert sum(map(bool, off.values())) < 10, {
        name: len(days) for name, days in off.items() if days
    }


def test_a_zone_that_is_not_one_is_refused_with_one_that_is_near():
    with pytest.raises(PacklogError, match=r"Berln' is not .*: did you mean Europe/Berlin\?"):
        timezones.rule_of("Europe/Berln")
    with pytest.raises(PacklogError, match="write it as Europe/Berlin; empty is UTC"):
        timezones.rule_of("../../../../etc/passwd")


def test_a_rule_that_a_board_does_not_know_is_refused(monkeypatch):
    monkeypatch.setattr(timezones, "file_of", lambda name: b"...\nXXX3YYY4,0/0,J365/23\n")
    with pytest.raises(PacklogError, match=r"a rule that a board does not know \(XXX3.*: choose"):
        timezones.rule_of("Europe/Berlin")


def test_a_zone_that_its_rule_does_not_cover_is_said_to_be_off(monkeypatch):
    """As if its summer were all year: local time is then an hour off in winter."""
    original = timezones.local
    monkeypatch.setattr(timezones, "local", lambda rule: original("CEST-2"))
    days = timezones.days_off("Europe/Berlin", BEGIN)
    assert 1500 < days < 1560  # 10 winters of five months
    checked = config.parse(
        json.dumps(PACKS | {"timezone": "Europe/Berlin", "timezone_rule": BERLIN})
    )
    [note] = timezones.notes(checked)
    assert note.startswith("Europe/Berlin changes its clock in a way that a board does not know: ")


def test_a_users_file_gets_the_rule(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(PACKS | {"timezone": "Europe/Berlin"}))
    found = json.loads(read_file(path))
    assert found == PACKS | {"timezone": "Europe/Berlin", "timezone_rule": BERLIN}
    stale = PACKS | {"timezone": "Europe/Berlin", "timezone_rule": "CET-1"}
    path.write_text(json.dumps(stale))
    assert json.loads(read_file(path))["timezone_rule"] == BERLIN


@pytest.mark.parametrize("text", ["", "[]", "{", "3", '{"timezone": 3}', '{"timezone": ""}'])
def test_what_names_no_timezone_stays_as_it_is(text):
    assert timezones.with_rule(text) == text


def test_the_check_of_a_board_says_when_a_rule_is_an_old_one(monkeypatch):
    text = json.dumps(PACKS | {"timezone": "Europe/Berlin", "timezone_rule": "CET-1"})
    monkeypatch.setattr(configure, "masked_of_board", lambda port, say: text)
    said = []
    configure.check("port", None, said.append)
    assert said[0] == "the board's config.json is valid"
    assert said[1] == (
        f"timezone_rule is not what Europe/Berlin has now ({BERLIN}): packlog config set "
        "timezone=Europe/Berlin changes that"
    )


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({}, {"timezone": "Europe/Berlin"}, {"timezone_rule": BERLIN}),
        ({"timezone": "UTC", "timezone_rule": "UTC0"}, {"timezone": "Europe/Berlin"},
         {"timezone_rule": BERLIN}),
        ({"timezone": "UTC", "timezone_rule": "UTC0"}, {"timezone": ""}, {}),
        ({"timezone_rule": "IST-5:30"}, {"timezone": ""}, {"timezone_rule": "IST-5:30"}),
        ({"timezone": "UTC", "timezone_rule": "UTC0"},
         {"timezone": "", "timezone_rule": "IST-5:30"}, {"timezone_rule": "IST-5:30"}),
    ],
)  # fmt: skip
def test_the_rule_follows_the_name(before, change, after):
    data = before | change
    timezones.follow(data, before)
    data.pop("timezone")
    assert data == after


def test_a_rule_of_ones_own_and_a_name_do_not_go_together():
    before = {"timezone": "Europe/Berlin", "timezone_rule": BERLIN}
    with pytest.raises(PacklogError, match="timezone_rule follows from timezone, Europe/Berlin"):
        timezones.follow(before | {"timezone_rule": "CET-1"}, before)


def test_a_strange_pc_has_no_zone_to_propose(monkeypatch):
    monkeypatch.setattr(timezones.tzlocal, "get_localzone_name", lambda: "Mars/Base")
    assert timezones.of_this_pc() == ""
