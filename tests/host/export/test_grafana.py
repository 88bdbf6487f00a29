"""docs/grafana: every query of its dashboards, asked of a real VictoriaMetrics with a month in it.

Grafana itself is in no registry of packages that the tests use: how it draws is not tested.
"""

import importlib.util
import json
import time
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import yaml
from host_tools.history import loading
from host_tools.sync.export import export
from tests.helpers import servers
from tests.helpers.long_readings import BEGIN, store

HERE = Path(__file__).parents[3] / "docs" / "grafana"
DASHBOARDS = sorted((HERE / "dashboards").glob("*.json"))
DAYS = 30
END = BEGIN + DAYS * 86400


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    return store(tmp_path_factory.mktemp("month"), DAYS)


@pytest.fixture(scope="module")
def server(month):
    """http://host:port of one with the month."""
    with servers.victoria() as where:
        export([month], f"victoria://{where}")
        urllib.request.urlopen(f"http://{where}/internal/force_flush").read()
        yield f"http://{where}"


def asked(server, query, kind="query_range", **more):
    """The series that a query gives."""
    values = {"query": query, "start": BEGIN, "end": END, "step": 600} | more
    data = urllib.parse.urlencode(values).encode()
    with urllib.request.urlopen(f"{server}/api/v1/{kind}", data) as answer:
        return json.load(answer)["data"]["result"]


def filled(query):
    """As Grafana fills its variables in."""
    for name, value in {"pack": ".*", "__interval": "600s", "__range": f"{DAYS}d"}.items():
        query = query.replace(f"${name}", value)
    assert "$1" in query or "$" not in query
    return query


def lines(path):
    """(panel, query) of every line, and of the events."""
    found = json.loads(path.read_text())
    for panel in found["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for each in found["annotations"]["list"]:
        yield each["name"], each["expr"]


QUERIES = [(path.stem, *each) for path in DASHBOARDS for each in lines(path)]


@pytest.mark.parametrize("dashboard, panel, query", QUERIES)
def test_every_query_finds_something(server, dashboard, panel, query):
    found = asked(server, filled(query), end=END - 600)
    assert found and any(len(each["values"]) for each in found), (dashboard, panel)
    assert all(each["metric"].get("pack") == "house" for each in found)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_the_packs_can_be_chosen(server, path):
    (variable,) = json.loads(path.read_text())["templating"]["list"]
    assert variable["query"] == "label_values(packlog_frames_voltage, pack)"
    query = urllib.parse.urlencode({"match[]": "packlog_frames_voltage"})
    with urllib.request.urlopen(f"{server}/api/v1/label/pack/values?{query}") as answer:
        assert json.load(answer)["data"] == ["house"]


def test_a_moment_shows_the_frame_that_covers_it(server, month):
    rows = loading.SERIES["pack"]([month])
    keep = ~rows.hole & (rows.time >= 0)
    ends, volts = rows.time[keep], rows.voltage[keep]
    (query,) = (query for _, panel, query in QUERIES if panel == "Voltage" and "offset" in query)
    (found,) = asked(server, filled(query), start=BEGIN + 7 * 3600, end=BEGIN + 6 * 86400)
    assert len(found["values"]) > 500
    for at, value in found["values"]:
        assert float(value) == pytest.approx(volts[np.searchsorted(ends, at, "right")], abs=1e-4)


def test_the_energy_of_the_month_is_that_of_the_days(server, month):
    (query,) = {query for _, panel, query in QUERIES if panel == "Energy in"}
    query = filled(query).replace(f"{DAYS}d", f"{DAYS + 1}d")  # the first day's begin as well
    (found,) = asked(server, query, "query", time=END)
    days = loading.SERIES["days"]([month])
    assert float(found["value"][1]) == pytest.approx(np.nansum(days.values["energy_in"]), rel=1e-6)


def test_silence_shows_nothing(server):
    where = server.replace("http://", "")
    stamp = (BEGIN - 10 * 86400) * 1000
    body = "\n".join(
        f"packlog_frames,pack=quiet voltage=52.0,seconds={seconds}i {stamp + at * 1000}"
        for at, seconds in ((600, 600), (3000, 300))
    )
    url = f"http://{where}/write?precision=ms"
    urllib.request.urlopen(urllib.request.Request(url, body.encode())).read()
    urllib.request.urlopen(f"http://{where}/internal/force_flush").read()
    (query,) = (query for _, panel, query in QUERIES if panel == "Voltage" and "offset" in query)
    query = filled(query).replace('".*"', '"quiet"')
    begin = BEGIN - 10 * 86400
    end = time.monotonic() + 20
    while not (found := asked(server, query, start=begin, end=begin + 3600, step=60)):
        assert time.monotonic() < end
    shown = {int(at) - begin for at, _ in found[0]["values"]}
    assert shown == {*range(0, 600, 60), *range(2700, 3000, 60)}


def test_they_are_what_the_script_writes():
    found = importlib.util.spec_from_file_location("make_dashboards", HERE / "make.py")
    make = importlib.util.module_from_spec(found)
    found.loader.exec_module(make)
    assert {path.name for path in DASHBOARDS} == set(make.DASHBOARDS)
    for path in DASHBOARDS:
        assert json.loads(path.read_text()) == make.DASHBOARDS[path.name]()


def test_the_panels_do_not_lie_upon_each_other():
    for path in DASHBOARDS:
        taken = set()
        for panel in json.loads(path.read_text())["panels"]:
            at = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(at["x"], at["x"] + at["w"])
                for y in range(at["y"], at["y"] + at["h"])
            }
            assert not cells & taken and at["x"] + at["w"] <= 24
            taken |= cells


def test_the_compose_file_names_what_is_there():
    services = yaml.safe_load((HERE / "compose.yml").read_text())["services"]
    for service in services.values():
        assert ":" in service["image"] and not service["image"].endswith("latest")
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert not source.startswith(".") or (HERE / source).is_dir()
    found = yaml.safe_load((HERE / "provisioning/datasources/packlog.yml").read_text())
    (source,) = found["datasources"]
    assert source["url"] == "http://victoria-metrics:8428" and "victoria-metrics" in services
    for path in DASHBOARDS:
        uses = json.loads(path.read_text())["panels"][0]["datasource"]
        assert uses == {"type": source["type"], "uid": source["uid"]}
