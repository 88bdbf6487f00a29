"""BlueNova batteries over WiFi on the virtual board, beside a Chargery that must not notice."""

import json

import pytest
from host_tools.board.live import live
from host_tools.export.decode import decode
from host_tools.sim.units import bluenova
from host_tools.sim.workshop import port_of
from tests.helpers.boards import example

START_S = 60
FAULT_S = 90
RESUME_S = 75  # the link's longest pause between two attempts is a minute
SSID, PASSWORD = "home", "correct horse"


def blue_config(*more):
    config = example()
    config["packs"].append({"name": "blue", "bms": "bluenova"})
    config["packs"] += more
    config["wifi"] = {"networks": [{"ssid": SSID, "password": PASSWORD}]}
    return config


class Battery:
    """A bench with a Chargery and a BlueNova, and the faults that can be switched on."""

    def __init__(self, bench):
        self.bench = bench
        self.home = bench.rig.home
        self.battery, self.route = self.home.batteries[0]

    def run(self, seconds):
        self.bench.board.run(seconds)

    def readings(self, pack="blue"):
        return int(self.bench.statuses()[pack].values["readings"])

    def restart(self, on):
        self.route.refuses = on
        if on:
            self.battery.restart()

    def black_hole(self, on):
        self.route.frozen = self.route.lost = on

    def silent(self, on):
        self.battery.unit.silent = on

    def garbage(self, on):
        self.battery.unit.garbage = 1.0 if on else 0.0

    def wifi_gone(self, on):
        self.home.wifi.up = not on

    def long_lines(self, on):
        self.battery.unit.long_lines = 0.3 if on else 0.0


@pytest.fixture
def battery(bench):
    return Battery(bench(blue_config(), ahead=lambda rig: bluenova.add(rig, "10.0.0.2", 3)))


@pytest.mark.parametrize(
    "faults",
    [
        ("black_hole",),
        pytest.param(("restart", "silent", "garbage", "wifi_gone"), marks=pytest.mark.slow),
    ],
)
def test_readings_resume_and_nothing_else_stalls(battery, faults):
    battery.run(START_S)
    assert battery.readings() > 10
    for fault in faults:
        getattr(battery, fault)(True)
        battery.run(60)
        before = battery.readings()
        battery.run(FAULT_S - 60)
        assert battery.readings() == before, fault
        getattr(battery, fault)(False)
        battery.run(RESUME_S)
        assert battery.readings() > before, f"no reading after {fault}"
    before = battery.readings()
    battery.long_lines(True)
    battery.run(FAULT_S)
    assert battery.readings() > before + 10
    board = battery.bench.board
    seconds = int(board.now / 1e6)
    assert battery.readings("house") > seconds - 10  # one a second
    assert board.hardware.lost_bytes() == 0
    assert " failed: " not in battery.bench.console() and board.starts == 1


def test_several_batteries(bench, tmp_path):
    config = blue_config({"name": "blue2", "bms": "bluenova", "host": "10.0.0.3"})
    board = bench(
        config,
        ahead=lambda rig: (bluenova.add(rig, "10.0.0.2", 3), bluenova.add(rig, "10.0.0.3", 4)),
    )
    board.board.run(60)
    statuses = board.statuses()
    assert set(statuses) == {"house", "blue", "blue2"}
    assert all(int(status.values["readings"]) > 10 for status in statuses.values())
    folder = board.history(tmp_path / "out")
    for name in statuses:
        assert list((folder / name / "pack").glob("*.seg"))


# What comparable software has columns for, and where packlog has it: an extra value or a text of
# the pack, both also in its events. The rest are the Sample's own fields.
EXTRAS = (
    "mcu_id units rank cells_present energy_in energy_out adc_vp adc_0 adc_1 adc_2 adc_3 adc_4 "
    "bad_crc parse_fail bad_cell_voltage"
)
TEXTS = "errors system_state breaker charge_state"


def test_every_field_can_be_got_at_on_the_pc(bench, tmp_path, capsys):
    board = bench(blue_config(), ahead=lambda rig: bluenova.add(rig, "10.0.0.2", 3))
    board.board.run(600)
    missing = {"voltage", "current", "soc", "temperature", "soh", "cell_temperatures"}
    missing |= {"min_cell_voltage", "max_cell_voltage"}
    with port_of(board.board) as port:
        for _ in range(20):  # noise on the console spoils one value or another
            live(port, as_json=True)
            said = json.loads(capsys.readouterr().out)["blue"]
            cells = said.pop("cell_temperatures", ())
            missing -= {key for key, value in said.items() if value is not None}
            missing -= {"cell_temperatures"} if len(cells) == 16 else set()
            if not missing:
                break
    assert not missing
    folder = board.history(tmp_path / "out")
    decode([folder / "blue"], tmp_path / "events.csv", series="events")
    events = (tmp_path / "events.csv").read_text()
    for name in EXTRAS.split():
        assert f",value,{name} " in events, name
    for name in TEXTS.split()[1:]:  # the battery has no errors to speak of
        assert f",text,{name}: " in events, name
    decode([folder / "blue"], tmp_path / "cells.csv", series="cells")
    assert len((tmp_path / "cells.csv").read_text().splitlines()[1].split(",")) >= 17
