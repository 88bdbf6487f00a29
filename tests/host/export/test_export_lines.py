"""packlog export by line protocol: to the letter, into InfluxDB 1 and VictoriaMetrics, and to
servers that are down, busy, or refuse.
"""

import json
import time
import urllib.parse
import urllib.request

import pytest
from host_tools.export.targets import victoria, web
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sync.export import Wanted, export
from tests.helpers import export_history, servers
from tests.helpers.export_history import HOUR_S, header
from tests.helpers.fake_server import in_turn, serving
from tests.helpers.segment_bytes import NOON

from store import segment

DONE = (204, "")
FRAMES = Wanted(series=("frames",))


@pytest.fixture
def history(tmp_path):
    return export_history.write(tmp_path / "history")


@pytest.fixture
def pauses(monkeypatch):
    """How long was waited, without waiting."""
    waited = []
    monkeypatch.setattr(
        web.Server, "_wait", lambda self, seconds, trouble, number: waited.append(seconds)
    )
    return waited


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("PACKLOG_TARGET_PASSWORD", "secret")


def test_lines_to_the_letter(history, tmp_path):
    export([history], str(tmp_path / "out.lp"))
    lines = (tmp_path / "out.lp").read_text().splitlines()
    assert lines[1] == (
        "packlog_frames,pack=house seconds=60i,charge=-0.141666667,voltage=52.8125,current=-8.5,"
        "temperature=23.5,soc=91.0,min_cell_voltage=3.318,max_cell_voltage=3.341,min_voltage_cell=4i,"
        f"max_voltage_cell=12i {NOON + 60}000000000"
    )
    assert f"packlog_cells,pack=house cell_1=3.301,cell_2=3.305 {NOON + 600}000000000" in lines
    # Two events of a second: the second one is 1 ms later. The CRC of a whole config is not there
    events = [line for line in lines if line.startswith("packlog_events")]
    assert events[1] == (
        "packlog_events,event=config,pack=house "
        f'details="config.json is noted",code=2i,a=0i,b=0i,c=0i {NOON + 1}000000000'
    )
    assert events[2].endswith(f"{NOON + 1}001000000")
    assert len(lines) == 300 + 20 + 6 + 5 + 1


def test_influx_has_every_row_once_and_the_sums(history):
    wanted = export_history.sums(history)
    with servers.influx() as where:

        def ask(query):
            query = urllib.parse.urlencode({"db": "house", "q": query})
            url = f"http://{where}/query?u=packlog&p=secret&{query}"
            with urllib.request.urlopen(url) as answer:
                (result,) = json.loads(answer.read())["results"]
            return result["series"][0]["values"][0][1]

        def look():
            assert ask("SELECT count(voltage) FROM packlog_frames") == wanted.frames
            charge = "SELECT sum(ah) FROM (SELECT current * seconds / 3600 AS ah FROM {})"
            assert ask(charge.format("packlog_frames")) == pytest.approx(wanted.net_ah)
            assert ask("SELECT sum(charge) FROM packlog_frames") == pytest.approx(wanted.net_ah)
            assert ask("SELECT sum(charge_in) FROM packlog_hours") == pytest.approx(
                wanted.charge_in
            )
            assert ask("SELECT count(details) FROM packlog_events") == 6

        target = f"influx://packlog@{where}/house"
        export([history], target)
        look()
        assert export([history], target) == 0
        for path in history.glob(".packlog-sent-*"):
            path.unlink()
        export([history], target)  # all of it once more does no harm
        look()
        with pytest.raises(PacklogError, match="create the database nonesuch first"):
            export([history], f"influx://packlog@{where}/nonesuch")
        with pytest.raises(PacklogError, match=r"401 .*check the user before the @"):
            export([history], f"influx://nobody@{where}/house")


def test_victoria_has_every_row_once_and_the_sums(history):
    wanted = export_history.sums(history)
    with servers.victoria() as where:
        export([history], f"victoria://{where}")
        urllib.request.urlopen(f"http://{where}/internal/force_flush").read()

        def ask(query):
            query = urllib.parse.urlencode({"query": query, "time": NOON + 20 * HOUR_S})
            with urllib.request.urlopen(f"http://{where}/api/v1/query?{query}") as answer:
                (found,) = json.loads(answer.read())["data"]["result"]
            return float(found["value"][1])

        assert ask("count_over_time(packlog_frames_voltage[2d])") == wanted.frames
        assert ask("sum_over_time(packlog_frames_charge[2d])") == pytest.approx(wanted.net_ah)
        assert ask("sum_over_time(packlog_hours_charge_in[2d])") == pytest.approx(wanted.charge_in)
        assert ask("sum(count_over_time(packlog_events_code[2d]))") == 6


@pytest.mark.parametrize(
    ("flag", "seconds"),
    [('"1"', 31 * 86400), ('"100y"', 100 * 365 * 86400), ("2w", 14 * 86400), ('"90d"', 90 * 86400)],
)
def test_how_long_victoria_keeps_what_it_gets(flag, seconds):
    assert victoria.kept_s(f'-httpAuth=""\n-retentionPeriod={flag}\n-x="1"') == seconds
    assert victoria.kept_s("") == 0


def test_victoria_that_would_drop_old_rows(history, monkeypatch):
    monkeypatch.setattr(victoria.time, "time", lambda: NOON + 40 * 86400)
    flags = (200, "x" * 300 + '\n-retentionPeriod="1"\n')
    with serving(lambda r: flags if r.path == "/flags" else DONE) as fake:
        with pytest.raises(PacklogError, match="start it with -retentionPeriod=100y"):
            export([history], f"victoria://{fake.at}")
        monkeypatch.setattr(victoria.time, "time", lambda: NOON + 20 * 86400)
        assert export([history], f"victoria://{fake.at}") == 332


def lines_of(fake):
    """What it was sent and took."""
    return [line for r in fake.requests for line in r.body.decode().splitlines()]


def test_influx_2_and_its_token(history):
    with serving(lambda request: DONE) as fake:
        assert export([history], f"influx2://{fake.at}/our%20house/solar") == 332
        request = fake.requests[0]
        assert (request.method, request.path) == ("POST", "/api/v2/write")
        assert request.options == {"org": "our house", "bucket": "solar", "precision": "ms"}
        assert request.fields["Authorization"] == "Token secret"
        assert len(lines_of(fake)) == 332
        assert lines_of(fake)[0].endswith(f" {NOON}000")


@pytest.mark.parametrize(
    ("status", "body", "line"),
    [
        (401, '{"code":"unauthorized"}', "the token in PACKLOG_TARGET_PASSWORD is not right"),
        (403, '{"code":"forbidden"}', "may not write to that bucket"),
        (404, '{"code":"not found"}', "create the bucket solar of house first"),
        (418, "teapot", "418 teapot: see the server's log"),
    ],
)
def test_what_holds_for_all_rows_ends_the_export(history, status, body, line):
    with serving(lambda request: (status, body)) as fake:
        with pytest.raises(PacklogError) as error:
            export([history], f"influx2://{fake.at}/house/solar")
        assert line in str(error.value) and "secret" not in str(error.value)
        assert len(fake.requests) == 1
        fake.answer = lambda request: DONE
        assert export([history], f"influx2://{fake.at}/house/solar") == 332  # nothing is lost


def test_questdb_gets_tables_that_know_a_row_by_its_time(history):
    with serving(lambda request: (200, "{}") if request.method == "GET" else DONE) as fake:
        assert export([history], f"questdb://{fake.at}", FRAMES) == 300
        made, dedup, sent = fake.requests
        assert (made.path, sent.path) == ("/exec", "/write")
        assert "DEDUP UPSERT KEYS(timestamp, pack)" in made.options["query"]
        assert dedup.options["query"].startswith('ALTER TABLE "packlog_frames" DEDUP ENABLE')
        assert sent.options == {"precision": "ms"}


def test_too_many_at_once_are_halved(history):
    def answer(request):
        return DONE if request.body.count(b"\n") <= 40 else (413, "too large")

    with serving(answer) as fake:
        assert export([history], f"influx2://{fake.at}/o/b", FRAMES) == 300
        taken = [r.body.count(b"\n") for r in fake.requests if r.body.count(b"\n") <= 40]
        assert sum(taken) == 300 and len(taken) <= 9  # 300 to 37 a request


def test_a_row_that_is_refused_is_named_and_the_rest_is_there(history):
    bad = f" {NOON + 600}000\n".encode()
    taken = set()

    def answer(request):
        if bad in request.body:
            return 400, '{"message":"field type conflict"}'
        taken.update(request.body.splitlines())
        return DONE

    with serving(answer) as fake:
        target = f"influx2://{fake.at}/o/b"
        with pytest.raises(PacklogError, match=r"has refused 1 row, the rest is there: 400 .*conf"):
            export([history], target, FRAMES)
        assert len(taken) == 299 and len(fake.requests) < 30
        assert export([history], target, FRAMES) == 0  # it is not tried for ever


def test_a_server_that_refuses_all_rows(history):
    with serving(lambda request: (400, "no")) as fake:
        with pytest.raises(PacklogError, match="refuses the rows: 400 no: nothing more is sent"):
            export([history], f"influx2://{fake.at}/o/b", FRAMES)
        assert len(fake.requests) < 100
        fake.answer = lambda request: DONE
        assert export([history], f"influx2://{fake.at}/o/b", FRAMES) == 300


def test_a_busy_server_is_waited_for(history, pauses):
    later = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 50))
    answers = in_turn(
        (429, "slow down", {"Retry-After": "7"}),
        (503, "", {"Retry-After": later}),
        (503, "starting"),
        None,
        DONE,
    )
    with serving(answers) as fake:
        assert export([history], f"influx2://{fake.at}/o/b", FRAMES) == 300
        bodies = {request.body for request in fake.requests}
        assert len(fake.requests) == 5 and len(bodies) == 1
    assert pauses[0] == 7 and 30 < pauses[1] <= 50 and pauses[2:] == list(web.PAUSES[2:4])


def test_a_server_that_stays_busy_or_is_not_there(history, pauses):
    with serving(lambda request: (503, "overloaded", {"Retry-After": "9999"})) as fake:
        with pytest.raises(PacklogError, match=r"it is busy \(503 overloaded\).*with the next exp"):
            export([history], f"influx2://{fake.at}/o/b", FRAMES)
        assert len(fake.requests) == len(web.PAUSES) + 1
        assert set(pauses) == {web.LONGEST_PAUSE_S}
    with pytest.raises(PacklogError, match="refused: does the server run there"):
        export([history], f"influx2://{fake.at}/o/b", FRAMES)


def test_a_server_that_says_nothing(history, pauses, monkeypatch):
    monkeypatch.setattr(web, "SILENT_S", 0.05)
    with (
        serving(lambda request: 0.3) as fake,
        pytest.raises(PacklogError, match="timed out: does the server run there"),
    ):
        export([history], f"influx2://{fake.at}/o/b", FRAMES)


def test_what_was_acknowledged_before_the_trouble_is_not_sent_again(history, pauses, monkeypatch):
    monkeypatch.setattr("host_tools.export.targets.cursors.ROWS", 100)
    with serving(in_turn(DONE, DONE, (401, ""))) as fake:
        target = f"influx2://{fake.at}/o/b"
        with pytest.raises(PacklogError):
            export([history], target, FRAMES)
        fake.requests.clear()
        fake.answer = lambda request: DONE
        assert export([history], target, FRAMES) == 100
        assert len(lines_of(fake)) == 100


def test_what_is_new_is_all_that_is_sent(history):
    with serving(lambda request: DONE) as fake:
        target = f"influx2://{fake.at}/o/b"
        export([history], target)
        more = header(segment.PACK, "house", 3, 7200, utc=NOON + 10 * HOUR_S, sequence=4)
        more += export_history.frames(0, 5)
        export_history.put(history, "house", segment.PACK, more, first=4)
        fake.requests.clear()
        assert export([history], target) == 5
        assert len(lines_of(fake)) == 5


def test_cursors_that_are_damaged(history):
    with serving(lambda request: DONE) as fake:
        export([history], f"influx2://{fake.at}/o/b", FRAMES)
        (kept,) = history.glob(".packlog-sent-*.json")
        assert "secret" not in kept.read_text()
        for text in ("{", "[]", '{"cursors": [[1]]}', '{"cursors": [["a","b","c","d","e"]]}'):
            kept.write_text(text)
            with pytest.raises(PacklogError, match="is damaged: delete it, then everything"):
                export([history], f"influx2://{fake.at}/o/b", FRAMES)


@pytest.mark.parametrize(
    "address",
    ["influx://host", "influx2://host/org", "influx2://host", "questdb://", "victoria://"],
)
def test_an_address_that_lacks_something_shows_how_it_is_to_be(address, history):
    with pytest.raises(UsageError, match="is not like"):
        export([history], address)
