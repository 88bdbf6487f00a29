"""A new part and a new display are one new file each: toys are put beside the firmware's own, no
other file is touched, and they work on the virtual board.
"""

import shutil
from pathlib import Path

import pytest
from host_tools.board.device import Device
from host_tools.build import bundle
from host_tools.ground.firmware import FIRMWARE
from host_tools.sim.workshop import port_of
from tests.helpers.boards import Bench, Files, copy_of, example
from tests.helpers.installing import bundle_of

TOYS = Path(__file__).resolve().parents[1] / "toys"


@pytest.fixture(scope="module")
def with_toys(installed, tmp_path_factory):
    """A flash image with a firmware that has the toys, in its bundle."""
    folder = tmp_path_factory.mktemp("toys")
    firmware = folder / "firmware"
    shutil.copytree(FIRMWARE, firmware)
    for wing in ("parts", "display"):
        shutil.copytree(TOYS / wing, firmware / wing, dirs_exist_ok=True)
    image = copy_of(installed, folder)
    with Files(image) as files, files.open(f"/{bundle.NAME}", "wb") as file:
        file.write(bundle_of(firmware))
    return image


@pytest.fixture
def toy_bench(with_toys, tmp_path):
    """toy_bench(config): a board with the toys, switched on."""
    made = []

    def make(config):
        made.append(Bench(copy_of(with_toys, tmp_path), config))
        return made[-1].start()

    yield make
    for each in made:
        each.close()


def config(**sections):
    return example() | {"status_s": 1} | sections


def test_a_part_reports_its_values_and_is_stopped(toy_bench):
    bench = toy_bench(config(toy={"word": "good day"}))
    bench.board.run_until(8)
    line = [line for line in bench.console().splitlines() if line.startswith("packlog health")][-1]
    assert " toy=good_day " in line and " toy_packs=1 " in line
    count = int(line.split("toy_count=")[1].split()[0])
    assert count >= 4  # one a second since the start
    with port_of(bench.board) as port, Device(port) as device, device.stopped():
        pass  # as any packlog command begins: Ctrl-C
    assert "toy stopped" in bench.console()


def test_a_part_that_config_json_does_not_name_is_not_there(toy_bench):
    bench = toy_bench(config())
    bench.board.run_until(5)
    assert "packlog health" in bench.console() and "toy" not in bench.console()


def test_a_part_s_keys_are_checked(toy_bench):
    bench = toy_bench(config(toy={"every_s": 0}))
    bench.board.run_until(3)
    complaint = "toy.every_s: 0 is not a whole number from 1 to 3600"
    assert f"packlog! Old config in use: config.json: {complaint}" in bench.console()


def test_a_display_shows_what_the_others_show(toy_bench):
    bench = toy_bench(config(lcd={"kind": "toy", "mark": "glass "}))
    bench.board.run_until(8)
    rows = [line for line in bench.console().splitlines() if line.startswith("glass ")]
    assert "glass packlog starting    " in rows
    assert any(row.startswith("glass SoC") for row in rows), rows
    assert bench.status().values["lcd"] == "1"
