"""A config with stars instead of its secrets, as packlog config show --json prints it."""

import json

import pytest
from host_tools.board import config_file, hidden, keys
from host_tools.ground.errors import PacklogError
from tests.helpers.boards import example

import config

HOME = {"ssid": "home", "password": "hush-hush"}
BARN = {"ssid": "barn", "password": "stable door"}
ON_BOARD = example() | {
    "wifi": {"networks": [HOME, BARN]},
    "mqtt": {"host": "broker", "password": "correct horse"},
}


def shown(data=ON_BOARD):
    """What packlog config show --json prints of it."""
    return json.loads(json.dumps(keys.masked(config.parse(json.dumps(data)))))


def test_a_file_with_stars_is_not_right(tmp_path):
    path = tmp_path / "b.json"
    path.write_text(json.dumps(shown()))
    with pytest.raises(PacklogError, match=r"b.json: mqtt.password is hidden: write it instead"):
        config_file.read_file(path)
    assert config_file.read_file(path, with_hidden=True) == path.read_bytes()


def test_the_boards_own_secrets_come_back_wherever_the_network_stands_now():
    mine = shown()
    mine["wifi"]["networks"].reverse()
    taken = hidden.restore(mine, ON_BOARD, "b.json")
    assert taken == ["mqtt.password", "wifi.networks[0].password", "wifi.networks[1].password"]
    assert [it["password"] for it in mine["wifi"]["networks"]] == ["stable door", "hush-hush"]
    assert mine["mqtt"]["password"] == "correct horse"
    networks = {"wifi": {"networks": [BARN, HOME]}}
    found, wanted = (config.parse(json.dumps(it)) for it in (mine, ON_BOARD | networks))
    assert found | {"checksum": 0} == wanted | {"checksum": 0}  # it covers the defaults, too


def test_a_part_that_is_not_in_use_is_not_switched_on_by_its_defaults():
    assert "ds3231" not in shown()
    with_clock = shown(ON_BOARD | {"ds3231": {}})
    assert with_clock["ds3231"] == {"scl": -1, "sda": -1}


@pytest.mark.parametrize("theirs", [None, {}, {"wifi": {"networks": [BARN]}}, {"wifi": []}])
def test_a_secret_that_the_board_has_not_is_named(theirs):
    mine = {"wifi": {"networks": [{"ssid": "home", "password": keys.HIDDEN}]}}
    with pytest.raises(PacklogError, match=r"^b.json: wifi.networks\[0\].password is hidden"):
        hidden.restore(mine, theirs, "b.json")


def test_a_text_that_is_no_secret_may_be_stars():
    mine = {"wifi": {"networks": [{"ssid": keys.HIDDEN}]}}
    assert hidden.restore(mine, {}, "b.json") == []
