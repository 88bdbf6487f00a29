"""The rule of a timezone in config.json: POSIX strings, and what becomes of them."""

import config
import config_zone

HOUR = 3600
# As the zones' files end, and the rule as lib.local_time takes it
RULES = {
    "UTC0": [0],
    "IST-5:30": [19800],
    # The Chatham Islands
    "<+1345>-13:45<+1445>,M9.5.0/2:45,M4.1.0/3:45": [49500, 53100, 9, 5, 0, 9900, 4, 1, 0, 13500],
    "CET-1CEST,M3.5.0,M10.5.0/3": [HOUR, 2 * HOUR, 3, 5, 0, 2 * HOUR, 10, 5, 0, 3 * HOUR],
    "EST5EDT,M3.2.0,M11.1.0": [-5 * HOUR, -4 * HOUR, 3, 2, 0, 2 * HOUR, 11, 1, 0, 2 * HOUR],
    "IST-1GMT0,M10.5.0,M3.5.0/1": [HOUR, 0, 10, 5, 0, 2 * HOUR, 3, 5, 0, HOUR],  # Dublin
    "<-02>2<-01>,M3.5.0/-1,M10.5.0/0": [-2 * HOUR, -HOUR, 3, 5, 0, -HOUR, 10, 5, 0, 0],  # Nuuk
    "EET-2EEST,M3.4.4/50,M10.4.4/50": [2 * HOUR, 3 * HOUR, 3, 4, 4, 180000, 10, 4, 4, 180000],
    # Lord Howe Island: half an hour
    "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0": [37800, 39600, 10, 1, 0, 7200, 4, 1, 0, 7200],
}
WRONG = (
    "Europe/Berlin",
    "CET",
    "CE-1",
    "<+0>-1",
    "<+01-1",
    "CET-25",
    "CET-1:60",
    "CET-1:",
    "CET-1:0:0:0",
    "CET--1",
    "CET-1CEST",
    "CET-1CEST,M3.5.0",
    "CET-1CEST,M3.5.0,M10.5.0,",
    "CET-1,M3.5.0,M10.5.0",
    "CET-1CEST,J60,J300",
    "CET-1CEST,59,299",
    "CET-1CEST,M13.5.0,M10.5.0",
    "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0",
    "CET-1CEST,M3.5,M10.5.0",
    "CET-1CEST,M3.5.0/168,M10.5.0",
    "CET-1CEST,M3.5.0/,M10.5.0",
    "CET-1CEST,M3.1.0,M3.5.0",
    "CET-1CEST,M1.1.0,M10.5.0",
    "CET-1CEST,M3.5.0,M12.5.0",
    "CET-1CEST-2x,M3.5.0,M10.5.0",
    " CET-1",
    "CET-1 ",
    "CET-\u0661",
)


def with_keys(keys):
    return '{"packs": [{"name": "house", "bms": "chargery"}], ' + keys + "}"


def complaint(keys):
    try:
        config.parse(with_keys(keys))
    except config.ConfigError as error:
        return str(error)
    raise AssertionError("accepted: " + keys)


def test_without_a_timezone_it_is_utc():
    assert config.parse(with_keys('"timezone": "", "timezone_rule": ""'))["local"] is None


def test_a_rule_becomes_numbers():
    for rule in RULES:
        found = config.parse(with_keys('"timezone": "X", "timezone_rule": "' + rule + '"'))
        assert found["local"] == RULES[rule], (rule, found["local"])
        assert config.again(config.finish(found))["local"] == RULES[rule]  # of a finished form


def test_a_rule_needs_no_name():
    found = config.parse(with_keys('"timezone_rule": "IST-5:30"'))
    assert found["local"] == [19800] and found["timezone"] == ""


def test_a_name_without_a_rule_says_what_to_do():
    text = complaint('"timezone": "Europe/Berlin"')
    assert text.startswith("config.json: timezone_rule: is missing: ")
    assert text.endswith(": packlog config set timezone=Europe/Berlin writes it")


def test_what_is_not_a_rule_says_what_to_do():
    for rule in WRONG:
        text = complaint('"timezone": "Europe/Paris", "timezone_rule": "' + rule + '"')
        assert text.startswith("config.json: timezone_rule: "), text
        assert "is not a rule such as " + config_zone.EXAMPLE in text, text
        assert text.endswith(": packlog config set timezone=Europe/Paris writes it"), text
