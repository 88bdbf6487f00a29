"""What is said of a logger without readings: what its links are doing, in their own words."""

import json

import pytest
from host_tools.board.links import noting, silence
from host_tools.install import install as installing
from tests.helpers.boards import example

import config

HOME = {"wifi": {"networks": [{"ssid": "home"}]}}
JK = {"packs": [{"name": "van", "bms": "jk", "device": "JK-1"}]}
BLUENOVA = {"packs": [{"name": "cabin", "bms": "bluenova"}]} | HOME


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (JK, "van_link=Not_heard:_app_open?",
         "van: the link says 'Not heard: app open?'. BMS in reach? Phone app closed?"),
        (JK, "van_link=Wants_a_PIN",
         "van: the link says 'Wants a PIN': packlog config set 'packs[0].pin' -"),
        (JK, "van_link=up", "van: the link is up. BMS in reach? Phone app closed?"),
        (BLUENOVA, "wifi=No_WiFi:_password? cabin_link=Not_reachable",
         "cabin: the link says 'Not reachable', the WiFi 'No WiFi: password?'. Battery on? "
         "Check its network"),
        (BLUENOVA, "wifi=up cabin_link=HTTP_status_404",
         "cabin: the link says 'HTTP status 404'. Battery on? Check its network"),
        (example(), "house_link=up",
         "house: it listens at GPIO 16 (rx). BMS LCD unit on? Check the cable"),
    ],
)  # fmt: skip
def test_a_link_says_what_it_is_doing(data, line, said):
    health = {}
    lines = ["packlog house age=5.0 readings=0", f"packlog health uptime=5 {line}", "else"]
    assert list(noting(lines, health)) == lines
    assert silence(config.parse(json.dumps(data)), health) == said


def test_each_pack_is_named_and_a_config_that_is_wrong_has_none():
    both = {"packs": [*example()["packs"], *JK["packs"]]}
    said = silence(config.parse(json.dumps(both)), {"van_link": "Connecting"})
    assert said == (
        "house: it listens at GPIO 16 (rx). BMS LCD unit on? Check the cable; van: the link says "
        "'Connecting'. BMS in reach? Phone app closed?"
    )
    assert silence(None, {}) == "is the BMS on?"


class Board:
    """One whose logger says these lines."""

    port = "/dev/ttyUSB0"

    def __init__(self, *said):
        self.said = said

    def lines(self, seconds):
        yield from self.said


def test_an_install_ends_with_what_the_link_is_doing():
    said, settings = [], config.parse(json.dumps(JK))
    waiting = ("packlog van age=5.0 readings=0", "packlog health van_link=Connecting")
    assert not installing._see_it_run(Board(*waiting), said.append, settings)
    assert installing._see_it_run(
        Board(*waiting, "packlog van age=0.1 readings=1"), said.append, settings
    )
    assert said == [
        "the logger runs, without a reading yet. van: the link says 'Connecting'. BMS in reach? "
        "Phone app closed?",
        "the logger runs: van sends readings",
    ]
