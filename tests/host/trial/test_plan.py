"""How packlog encode is told to log: tolerances of one's own, and a board's config.json."""

import json

import pytest
from host_tools.ground.errors import PacklogError
from host_tools.trial import plan
from host_tools.trial.plan import Plan
from tests.helpers.command_line import packlog_here
from tests.helpers.encoding import COLUMNS, NOON, ROW, a_csv, csv_of, encoded, many


def restless(folder):
    """Readings of a current that is never the same for long."""
    rows = many(3000, current=lambda i: 10 + 5 * (i // 40 % 5))
    return a_csv(folder, *rows, columns=COLUMNS + ",cell_voltages")


def test_each_tolerance_can_be_tried(tmp_path):
    path = restless(tmp_path)

    def frames(name, *words):
        chosen = plan.with_keys(Plan(name=name), list(words))
        return len(csv_of(encoded(tmp_path, path, chosen)))

    usual = frames("usual")
    assert frames("same", "current_percent=2.5", "store.charge_permille=1") == usual
    assert frames("strict", "current_percent=0.5") > 1.5 * usual
    assert frames("both", "current_percent=100", "charge_permille=100") < usual
    assert frames("often", "interval_s=10") > 500


def test_as_a_board_with_that_config_does(tmp_path):
    path = restless(tmp_path)
    wanted = {
        "packs": [
            {"name": "van", "bms": "chargery", "uart": 2, "rx": 16, "tx": 17, "capacity_ah": 20},
            {"name": "house", "bms": "bluenova", "host": "h", "capacity_ah": 1000},
        ],
        "wifi": {"networks": [{"ssid": "home"}]},
        "store": {"current_percent": 1, "budget_kb": 128},
    }
    config = tmp_path / "mine.json"
    config.write_text(json.dumps(wanted))
    counts = {}
    for name in ("van", "house"):
        chosen = plan.of_config(config, name)
        assert (chosen.name, chosen.budget_kb) == (name, None)
        counts[name] = len(csv_of(encoded(tmp_path, path, chosen)))
    assert plan.of_config(config, None).name == "van"
    by_hand = Plan(name="hand", capacity_ah=20, store={"current_percent": 1})
    assert counts["van"] == len(csv_of(encoded(tmp_path, path, by_hand)))
    assert counts["house"] < counts["van"] / 2
    done = packlog_here(
        "encode", path, "-o", tmp_path / "out2", "--config", config, "--name", "boat"
    )
    assert done.returncode == 1
    assert done.stderr == f"packlog: {config} has no pack boat: there are van and house\n"


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("current_percent=101", "current_percent: 101 is not a number from 0 to 100 in steps of"),
        ("current_percent=0.55", "current_percent: 0.55 is not a number from 0 to 100 in steps of"),
        ("current_percent=x", "current_percent: 'x' is not a number from 0 to 100 in steps of"),
        ("soc_percent=0.5", "soc_percent: 0.5 is not a whole number from 0 to 50"),
        ("soc_percent", "soc_percent: '' is not a whole number from 0 to 50"),
        ("current=3", "'current=3': KEY=VALUE with one of interval_s, cells_mv,"),
        ("budget_kb=200", "budget_kb: that is --budget-kb"),
        ("gap_s=20", "gap_s: that is --gap-s"),
        ("window_s=20", "window_s: when a frame is written makes no difference"),
    ],
)
def test_what_cannot_be_set_is_said(word, says):
    with pytest.raises(PacklogError) as error:
        plan.with_keys(Plan(), ["step_percent=3", word])
    assert str(error.value).startswith(f"--set {says}")


def test_tolerances_mean_nothing_where_every_reading_is_kept(tmp_path):
    path = a_csv(tmp_path, f"{NOON},{ROW}")
    done = packlog_here("encode", path, "-o", tmp_path / "out", "--all", "--set", "step_percent=0")
    assert done.returncode == 2
    assert done.stderr.startswith("packlog: --set: with --all every reading is a frame")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_key_is_set_on_the_command_line(tmp_path):
    path = restless(tmp_path)
    done = packlog_here("encode", path, "-o", tmp_path / "out", "--set", "current_percent=1")
    assert done.returncode == 0, done.stderr
    chosen = Plan(name="hand", store={"current_percent": 1})
    assert csv_of(tmp_path / "out" / "pack") == csv_of(encoded(tmp_path, path, chosen))
