"""What install says of a MicroPython that is old for what the board is to do."""

import pytest
from host_tools.install import probe

import config

JK = '{"packs": [{"name": "van", "bms": "jk", "device": "JK"}]}'
CHARGERY = '{"packs": [{"name": "van", "bms": "chargery"}]}'


def board(*version):
    return probe.Board("micropython", version, "ESP32", 1, "VfsLfs2", 4096, 512, 400, 4 << 20)


@pytest.mark.parametrize(
    ("version", "text", "said"),
    [((1, 27), JK, True), ((1, 28), JK, False), ((1, 24), CHARGERY, False)],
)
def test_a_jk_wants_1_28(version, text, said):
    advice = probe.bluetooth_advice(board(*version), config.parse(text))
    assert bool(advice) == said
    if said:
        assert "MicroPython 1.28" in advice and "packlog install --micropython" in advice


def test_a_config_that_is_wrong_is_no_reason():
    assert probe.bluetooth_advice(board(1, 24), None) is None
