"""packlog export to Home Assistant: long-term statistics of the time before it was there."""

import pytest
from host_tools.export.targets import homeassistant
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sync.export import Wanted, export
from tests.helpers import export_history, rollup_bytes
from tests.helpers.export_history import HOUR_S, header
from tests.helpers.home_assistant_server import TOKEN, HomeAssistant, running
from tests.helpers.segment_bytes import NOON

from store import segment


@pytest.fixture
def history(tmp_path):
    return export_history.write(tmp_path / "history")


@pytest.fixture(autouse=True)
def token(monkeypatch):
    monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", TOKEN)


@pytest.fixture
def home():
    with running(HomeAssistant()) as made:
        yield made


def rows(home, name):
    return [row for _, row in sorted(home.statistics[f"packlog:house_{name}"].items())]


def test_means_and_sums_of_the_hours(home, history):
    assert export([history], f"homeassistant://{home.at}") == 5
    assert rows(home, "voltage")[0] == {
        "start": "2026-06-01T12:00:00+00:00",
        "mean": 53.0,
        "min": 52.8,
        "max": 53.2,
    }
    assert home.metadata["packlog:house_voltage"] == {
        "has_mean": True,
        "mean_type": 1,
        "has_sum": False,
        "name": "house voltage",
        "source": "packlog",
        "statistic_id": "packlog:house_voltage",
        "unit_class": "voltage",
        "unit_of_measurement": "V",
    }
    energy = rows(home, "energy_out")
    assert [row["state"] for row in energy] == [0.1234] * 5
    assert [row["sum"] for row in energy] == [0.1234, 0.2468, 0.3702, 0.4936, 0.617]
    wanted = export_history.sums(history)
    assert rows(home, "charge_in")[-1]["sum"] == pytest.approx(wanted.charge_in)
    assert rows(home, "energy_out")[-1]["sum"] * 1000 == pytest.approx(wanted.energy_out)
    assert {"packlog:house_energy_in", "packlog:house_energy_out"} <= home.statistics.keys()
    assert len(home.statistics) == len(homeassistant.MEANS) + len(homeassistant.SUMS)


def test_again_sends_nothing_and_an_hour_that_goes_on_is_replaced(home, history):
    target = f"homeassistant://{home.at}"
    export_history.write_periods(history, last_s=1200)
    export([history], target)
    assert export([history], target) == 0
    export_history.write_periods(history)
    export([history], target)
    assert len(rows(home, "voltage")) == 5
    total = export_history.sums(history).charge_in
    assert rows(home, "charge_in")[-1]["sum"] == pytest.approx(total)


def test_sums_go_on_where_the_history_here_begins_later(home, history):
    """Old files were deleted from the PC: what Home Assistant has of them counts on."""
    target = f"homeassistant://{home.at}"
    export([history], target)
    before = rows(home, "charge_in")[-1]["sum"]
    size = {"size": 58, "uptime": 100 * HOUR_S, "utc": NOON + 100 * HOUR_S}
    later = header(segment.HOURS, "house", **size)
    later += rollup_bytes.hour(HOUR_S, HOUR_S, NOON + 100 * HOUR_S, charge=(3, 1))
    (history / "house/hours/00000001.seg").write_bytes(later)
    export([history], target)
    assert len(rows(home, "charge_in")) == 6
    assert rows(home, "charge_in")[-1]["sum"] == pytest.approx(before + 3)


def test_an_older_home_assistant_does_not_get_what_it_would_refuse(history):
    with running(HomeAssistant("2025.3.4")) as home:
        assert export([history], f"homeassistant://{home.at}") == 5
        assert "mean_type" not in home.metadata["packlog:house_voltage"]


def test_what_the_recorder_has_not_written_yet_is_waited_for(home, history, monkeypatch):
    monkeypatch.setattr(homeassistant.time, "sleep", lambda s: None)
    home.backlog = 5
    assert export([history], f"homeassistant://{home.at}") == 5
    assert home.commands.count("recorder/info") >= 4
    monkeypatch.setattr(homeassistant, "STORED_S", 0)
    home.backlog = 1000
    for kept in history.glob(".packlog-sent*"):
        kept.unlink()
    with pytest.raises(PacklogError, match="does not get done with what it was sent"):
        export([history], f"homeassistant://{home.at}")
    assert not list(history.glob(".packlog-sent*"))  # it comes with the next export


def test_a_wrong_token(home, history, monkeypatch):
    monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", "guessed")
    with pytest.raises(PacklogError, match="refuses the token in PACKLOG_TARGET_PASSWORD: make"):
        export([history], f"homeassistant://{home.at}")
    monkeypatch.delenv("PACKLOG_TARGET_PASSWORD")
    with pytest.raises(PacklogError, match="asks for a long-lived access token: put it in"):
        export([history], f"homeassistant://{home.at}")


def test_a_token_of_somebody_who_is_no_administrator(home, history):
    home.is_admin = False
    with pytest.raises(PacklogError, match="the token is not an administrator's"):
        export([history], f"homeassistant://{home.at}")


def test_a_connection_that_breaks_in_the_middle(home, history):
    home.dies_after = 7
    with pytest.raises(PacklogError, match="does Home Assistant run there"):
        export([history], f"homeassistant://{home.at}")
    home.dies_after = None
    assert export([history], f"homeassistant://{home.at}") == 5
    assert [row["sum"] for row in rows(home, "energy_out")][-1] == 0.617


def test_nobody_is_there_or_somebody_else(history):
    from tests.helpers.fake_server import serving

    with pytest.raises(PacklogError, match="refused: does Home Assistant run there"):
        export([history], "homeassistant://127.0.0.1:9")
    with (
        serving(lambda request: (200, "hello")) as fake,
        pytest.raises(PacklogError, match="does Home Assistant run there"),
    ):
        export([history], f"homeassistant://{fake.at}")


def test_it_takes_hours_only(home, history):
    with pytest.raises(UsageError, match="takes no frames: there is only hours"):
        export([history], f"homeassistant://{home.at}", Wanted(series=("frames",)))


@pytest.mark.parametrize(
    ("pack", "name"), [("House-2", "packlog:house_2_soc"), ("a__b_", "packlog:a_b_soc")]
)
def test_names_have_what_an_id_may_have(pack, name):
    assert homeassistant._id(pack, "soc") == name
