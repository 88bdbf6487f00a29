"""The board's web server on the virtual board: what it answers, byte by byte what the flash has,
and what it refuses.
"""

import base64
import json
import re

import pytest
from host_tools.history.frames import load
from tests.helpers.boards import Files, history_files
from tests.helpers.home_bench import NAME, START
from tests.helpers.http_bench import Answer, HttpBoard, Shared, http_config, request
from tests.helpers.segment_bytes import frames, header

PASSWORD = "green barn door"
OLD = "data/house/pack/00000001.seg"


DATA = header() + frames(*range(0, 40000, 10))


@pytest.fixture
def web(bench):
    """web(config=None, **plan): a board at home whose web server runs."""
    return lambda *arguments, **plan: HttpBoard(bench, *arguments, **plan)


@pytest.fixture(scope="module")
def asked(installed, tmp_path_factory):
    """One for all tests that only ask it, with an old segment."""
    shared = Shared(installed, tmp_path_factory.mktemp("web"), {OLD: DATA})
    yield shared.board
    shared.close()


def test_what_it_answers(asked):
    seen = asked
    status = seen.ask("/api/status")
    assert status.fields["content-type"] == "application/json"
    said = status.json
    assert said["health"]["cause"] == "power on" and said["clock"] == 3
    assert not said["clock_settable"] and abs(said["time"] - START - seen.board.now / 1e6) < 3
    (pack,) = said["packs"]
    assert pack["name"] == NAME and pack["fresh"] and pack["age_s"] <= 2 and pack["state"] is None
    assert pack["tolerances"] == {
        "capacity_ah": 280,
        "current_permille": 25,
        "charge_permille": 1,
        "voltage_permille": 10,
        "soc_percent": 1,
        "temperature_degrees": 2,
        "step_percent": 10,
    }
    published = json.loads(seen.home.broker.retained()[f"packlog/{NAME}/state"])
    assert pack["values"].keys() == published.keys()
    assert pack["cells"] == pack["values"]["cells"] and len(pack["cells"]) == 16
    lines = seen.ask("/metrics").body.decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines)
    assert float(values['packlog_voltage{pack="house"}']) == pytest.approx(52, abs=6)
    assert values['packlog_total_energy_out{pack="house"}'] == "0.0"
    assert values['packlog_up{pack="house"}'] == "1" and "packlog_logger_uptime" in values
    assert len(lines) == len(values) and 'packlog_soh{pack="house"}' not in values
    seen.bench.rig.line.silent = True
    seen.board.run(15)
    lines = seen.ask("/metrics").body.decode()
    assert 'packlog_up{pack="house"} 0' in lines and "voltage" not in lines
    (pack,) = seen.ask("/api/status").json["packs"]
    assert not pack["fresh"] and pack["cells"] == [] and "voltage" not in pack["values"]
    seen.bench.rig.line.silent = False
    seen.board.run(10)


def test_the_history_is_byte_by_byte_what_the_flash_has(web):
    seen = web(files={OLD: DATA})
    listed = seen.ask("/api/history").json
    assert listed["boot"] == 2 and len(listed["files"]) >= 2
    pulled = {}
    for each in listed["files"]:
        path = f"/{each['pack']}/{each['series']}/{each['name']}"
        answer = seen.ask("/api/history" + path)
        assert len(answer.body) == each["size"] == int(answer.fields["content-length"])
        assert answer.fields["etag"] == f'"{each["name"]}-{each["size"]}"'
        pulled[path] = answer.body
    seen.board.power_off()
    with Files(seen.bench.image) as files:
        there = set(history_files(files))
        for path, data in pulled.items():
            with files.open("/data" + path, "rb") as file:
                kept = file.read()
            # What grew meanwhile begins with it; the draft is written anew each time
            assert kept.startswith(data) or path.endswith("draft")
    assert {path.removeprefix("/data") for path in there} == set(pulled)


def test_spans_and_what_has_not_changed(asked):
    seen = asked
    path = "/api/history/house/pack/00000001.seg"
    whole = seen.ask(path)
    assert whole.body.startswith(DATA)
    tag, size = whole.fields["etag"], len(whole.body)
    for text, span in (("0-0", (0, 1)), ("100-", (100, size)), ("-7", (size - 7, size))):
        part = seen.ask(path, f"Range: bytes={text}")
        assert part.status == 206 and part.body == whole.body[slice(*span)]
        assert part.fields["content-range"] == f"bytes {span[0]}-{span[1] - 1}/{size}"
    none = seen.ask(path, f"Range: bytes={size}-")
    assert none.status == 416 and none.fields["content-range"] == f"bytes */{size}"
    same = seen.ask(path, f"If-None-Match: {tag}")
    assert same.status == 304 and same.body == b"" and same.fields["etag"] == tag
    assert seen.ask(path, "Range: bytes=5-", 'If-Range: "old"').status == 200
    assert seen.ask(path, "Range: bytes=5-", f"If-Range: {tag}").status == 206
    head = seen.ask(path, method="HEAD")
    assert head.status == 200 and head.body == b"" and head.fields["content-length"] == str(size)
    assert seen.ask("/api/status", method="HEAD").body == b""


def test_one_connection_serves_for_many(asked):
    seen = asked
    keep = "Connection: keep-alive"
    several = request("/nothing", keep) + request("/api/live?", keep, method="HEAD")
    several += request("/api/history/house/now/draft", keep, method="HEAD")
    said = seen.ask_raw(several + request("/"))
    assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"404", b"200", b"200", b"200"]
    old = seen.ask_raw(b"GET /api/status HTTP/1.0\r\n\r\n")
    assert b"Transfer-Encoding" not in old and json.loads(old.partition(b"\r\n\r\n")[2])


FORBIDDEN = (
    "/ble_secrets.json", "/api/history/../ble_secrets.json",
    "/config.json", "/config.ready", "/main.py", "/api/history/../config.json", "//config.json",
    "/api/history/house/pack/../../../config.json", "/api/history/%2e%2e/%2e%2e/config.json",
    "/api/history/house/pack/00000001.seg/..", "/api/history/house/pack/config.json",
    "/api/history/house/pack/", "/api/history/house/pack", "/api/history/./pack/draft",
    "/api/history/house/pack/00000001.tmp", "/api/history//house/pack/draft", "/api/crc/a/b/c/d",
    "/page.html.gz", "/packlog.bundle", "/api", "/api/", "/api/files/..", "/..",
)  # fmt: skip


def test_nothing_but_the_history_can_be_read(asked):
    seen = asked
    for path in FORBIDDEN:
        answer = seen.ask(path)
        assert answer.status == 404 or answer.body in (b"gone\n", b"00000000"), path
    everything = b"".join(
        seen.ask(path).body for path in ("/", "/api/status", "/api/history", "/api/console")
    )
    for secret in ("correct horse", "stable door"):
        assert secret.encode() not in everything
    for method in ("PUT", "DELETE", "OPTIONS", "POST", "TRACE"):
        assert seen.ask("/api/status", method=method).status == 405
    assert "access-control-allow-origin" not in seen.ask("/api/status", "Origin: http://a").fields


def test_a_foreign_name_is_refused(asked):
    seen = asked
    for host, status in (
        ("evil.com", 403), ("packlog.evil.com", 403), ("192.168.1.50", 200), ("packlog", 200),
        ("PACKLOG.LOCAL:80", 200), ("127.0.0.1:8080", 200), ("", 403),
    ):  # fmt: skip
        assert seen.ask("/api/status", host=host).status == status, host


def test_a_password_is_for_all_of_it(web):
    seen = web(http_config(password=PASSWORD))
    right = "Authorization: Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode()
    wrong = "Authorization: Basic " + base64.b64encode(b"me:green barn doo").decode()
    for path in ("/", "/api/status", "/api/history", "/metrics", "/api/live", "/nothing"):
        refused = seen.ask(path)
        assert refused.status == 401 and refused.fields["www-authenticate"].startswith("Basic")
        assert seen.ask(path, wrong).status == 401
    assert seen.ask("/api/status", right).json["packs"]
    assert seen.ask("/api/time", right, "Content-Type: application/json", method="POST").status
    assert PASSWORD not in seen.bench.console()


def test_new_readings_come_by_themselves(asked):
    seen = asked
    viewers = [seen.client(request("/api/live")) for _ in range(2)]
    seen.run(10)
    for each in viewers:
        events = [line[6:] for line in each.body.split(b"\n") if line.startswith(b"data: ")]
        assert 8 <= len(events) <= 12
        first = json.loads(events[0])
        assert first["pack"] == NAME and first["values"]["voltage"] and len(first["cells"]) == 16
    assert seen.ask("/api/live").status == 503  # one connection is left for all the rest
    assert seen.ask("/api/status").status == 200
    seen.bench.rig.line.silent = True
    seen.board.run(40)
    assert viewers[0].body.endswith(b"\n\n:\n\n")
    for each in viewers:
        each.close()
    seen.bench.rig.line.silent = False
    seen.board.run(15)
    seen.run(5)
    assert seen.ask("/api/live", method="HEAD").status == 200


def test_a_phone_tells_the_time_to_a_board_that_does_not_know_it(web):
    settings = http_config()
    settings["ntp"] = {"server": ""}
    seen = web(settings)
    assert seen.ask("/api/status").json["clock_settable"]
    now = START + int(seen.board.now / 1e6)
    body = json.dumps({"time": now, "ms": 500})
    size = f"Content-Length: {len(body)}"

    def post(text, *fields):
        return Answer(seen.ask_raw(request("/api/time", *fields, method="POST") + text.encode()))

    assert post(body, size).status == 415  # what a form of any web page could send
    as_json = "Content-Type: application/json"
    for text in ("[]", "{}", '{"time": 5}', '{"time": "x"}', '{"time": 99999999999}', "{"):
        assert post(text, as_json, f"Content-Length: {len(text)}").status == 400
    assert seen.ask("/api/status").json["time"] is None
    assert post(body, as_json, size).status == 204
    status = seen.ask("/api/status").json
    assert status["clock"] == 5 and abs(status["time"] - now) < 3
    assert post(body, as_json, size).status == 409
    assert seen.ask("/api/time").status in (400, 405)
    folder = seen.bench.image.parent / "out"
    seen.board.run(35)
    loaded = load([seen.bench.history(folder)])
    assert abs(int(loaded.time[-1]) - START - int(loaded.uptime[-1])) < 5
