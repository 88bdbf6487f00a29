"""packlog export to emoncms: its bulk input, which says what is wrong with a status of 200."""

import json
from urllib.parse import parse_qs

import pytest
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sync.export import Wanted, export
from tests.helpers import export_history
from tests.helpers.fake_server import serving
from tests.helpers.segment_bytes import NOON

KEY = "0123abcd"
MOST = 40  # items that this one takes at once


class Emoncms:
    """Takes what input_methods.php of emoncms takes. inputs: {(node, name): {time: value}}."""

    def __init__(self):
        self.inputs = {}

    def answer(self, request):
        form = {name: each[0] for name, each in parse_qs(request.body.decode()).items()}
        if request.path != "/emoncms/input/bulk.json":
            return 404, "not found"
        if form["apikey"] != KEY:
            return 401, '{"success":false,"message":"Username or password empty"}'
        data = json.loads(form["data"])
        if len(data) > MOST:
            return 413, "too large"
        for second, node, *values in data:
            if len(values) == 0:
                return 200, "Format error, last item in bulk data does not contain any data"
            for each in values:
                ((name, value),) = each.items()
                moment = int(form["time"]) + second
                self.inputs.setdefault((node, name), {})[moment] = float(value)
        return 200, "ok"


@pytest.fixture
def history(tmp_path):
    return export_history.write(tmp_path / "history")


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", KEY)


def test_inputs_have_every_row_and_the_sums(history):
    made, wanted = Emoncms(), export_history.sums(history)
    with serving(made.answer) as fake:
        target = f"emoncms://{fake.at}/emoncms"
        assert export([history], target) == 300 + 20 + 5 + 1
        assert export([history], target) == 0
        assert all(KEY not in str(r.options) + r.path for r in fake.requests)
    assert made.inputs["house", "batteryvolt"][NOON + 60] == 52.8125
    assert made.inputs["house", "cellhigh"][NOON] == 3.341
    assert made.inputs["house_cells", "cell_1"][NOON + 600] == 3.301
    charge = made.inputs["house", "charge"]
    assert len(charge) == wanted.frames and sum(charge.values()) == pytest.approx(wanted.net_ah)
    hours = made.inputs["house_hours", "charge_in"]
    assert len(hours) == wanted.hours and sum(hours.values()) == pytest.approx(wanted.charge_in)


def test_a_node_of_one_s_own(history):
    made = Emoncms()
    with serving(made.answer) as fake:
        export([history], f"emoncms://{fake.at}/emoncms?node=40", Wanted(series=("frames",)))
    assert {node for node, _ in made.inputs} == {"40"}


def test_what_it_says_with_a_status_of_200_counts(history):
    with serving(lambda request: (200, "Error: over the limit")) as fake:
        with pytest.raises(PacklogError, match="refuses the rows: 400 Error: over the limit"):
            export([history], f"emoncms://{fake.at}/emoncms")
        fake.answer = lambda request: (200, '"ok"')
        assert export([history], f"emoncms://{fake.at}/emoncms") > 300


@pytest.mark.parametrize(
    ("key", "line"), [("wrong", "is the write API key in PACKLOG_TARGET_PASSWORD right?")]
)
def test_a_wrong_key(key, line, history, monkeypatch):
    monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", key)
    with serving(Emoncms().answer) as fake:
        with pytest.raises(PacklogError) as error:
            export([history], f"emoncms://{fake.at}/emoncms")
        assert line in str(error.value)
        with pytest.raises(PacklogError, match="404 not found: is the path right"):
            export([history], f"emoncms://{fake.at}/other")


def test_events_are_texts_that_it_has_no_place_for(history):
    with pytest.raises(UsageError, match="takes no events: there are frames, cells, hours"):
        export([history], "emoncms://localhost/emoncms", Wanted(series=("events",)))
