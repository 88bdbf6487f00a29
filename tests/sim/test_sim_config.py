"""The config.json that `packlog sim` writes for an empty flash."""

import sys

import pytest
from host_tools.ground.errors import PacklogError
from host_tools.ground.firmware import names
from host_tools.sim import config_of, rig
from host_tools.sim.network import house_network
from host_tools.sim.rig import Plan, Rig

import config


@pytest.mark.parametrize("kind", names("bms"))
def test_the_config_for_an_empty_flash_is_a_good_one(tmp_path, kind):
    plan = Plan(flash=tmp_path / "flash.img", bms=kind)
    rig = Rig(plan)
    try:
        text = config_of.write(plan, rig, tmp_path).read_text()
    finally:
        rig.board.close()
    assert config.parse(text)["packs"][0]["bms"] == kind


@pytest.mark.parametrize(("lcd", "size"), [("20x4", (20, 4)), ("16x2", (16, 2))])
def test_the_config_knows_the_display(tmp_path, lcd, size):
    plan = Plan(flash=tmp_path / "flash.img", lcd=lcd)
    rig = Rig(plan)
    try:
        made = config_of.config_of(plan, rig)["lcd"]
    finally:
        rig.board.close()
    assert (made["columns"], made["rows"]) == size


def test_a_broker_of_the_users_own_is_in_the_boards_network(tmp_path):
    plan = Plan(flash=tmp_path / "flash.img", broker_port=1884)
    rig = Rig(plan)
    try:
        made = config_of.config_of(plan, rig)
        assert made["mqtt"] == {"host": house_network.BROKER_NAME} and made["wifi"]["networks"]
        assert rig.home.broker_route.port == 1884 and rig.home.broker_route.external
    finally:
        rig.board.close()


@pytest.mark.parametrize(
    ("kind", "module"), [("jk", "radio.bluetooth"), ("bluenova", "network.house_network")]
)
def test_what_a_simulated_radio_lacks_is_named_with_what_installs_it(
    tmp_path, monkeypatch, kind, module
):
    monkeypatch.setitem(sys.modules, f"host_tools.sim.{module}", None)
    monkeypatch.setattr(rig, "RADIO_PYTHON", (3, 10))  # this one is new enough
    with pytest.raises(PacklogError, match=r"needs .*: .venv/bin/pip install -e '.\[radio\]'"):
        Rig(Plan(flash=tmp_path / "flash.img", bms=kind))


def test_a_python_that_is_too_old_for_a_simulated_radio_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "host_tools.sim.radio.bluetooth", None)
    monkeypatch.setattr(rig, "RADIO_PYTHON", (9, 9))
    with pytest.raises(PacklogError) as said:
        Rig(Plan(flash=tmp_path / "flash.img", bms="jk"))
    assert str(said.value) == "a simulated radio needs Python 9.9 or newer"
