"""packlog sim --http: the board's web server on this computer, with the page that an install puts
there.
"""

import gzip
import json
import time
import urllib.request

import pytest
from host_tools.ground.errors import PacklogError
from host_tools.install import install
from host_tools.sim import config_of
from host_tools.sim.made_for import Asked, settle
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.workshop import make_ready

SPEED = 20


def get(url):
    """(body, fields) of an answer, within a minute: the board may still start."""
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.read(), answer.headers
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)


def test_a_published_board_shows_its_page(tmp_path, monkeypatch):
    page = tmp_path / "page.html.gz"
    page.write_bytes(gzip.compress(b"<title>packlog</title>" + bytes(range(256)) * 50, mtime=0))
    monkeypatch.setattr(install, "PAGE", page)
    plan = settle(Plan(flash=tmp_path / "flash.img", speed=0), Asked(http=0))
    rig = Rig(plan)
    try:
        rig.board.power_on()
        make_ready(rig.board, config_of.write(plan, rig, tmp_path), lambda line: None)
        rig.board.go_at(SPEED)
        rig.board.background()
        body, fields = get(rig.url)
        assert body == page.read_bytes() and fields["Content-Encoding"] == "gzip"
        assert fields["Content-Type"].startswith("text/html") and len(fields["ETag"]) == 18
        assert json.loads(get(rig.url + "api/status")[0])["health"]["wifi"] == "up"
        rig.board.stop()
        rig.board._reset(2)  # as by machine.reset()
        rig.board.background()
        assert json.loads(get(rig.url + "api/status")[0])["uptime"] < 60
    finally:
        rig.home.close()
        rig.close()
    settled = settle(Plan(flash=tmp_path / "flash.img", speed=0), Asked(http=0))
    assert settled.config.settings["http"]["port"] == 80 and settled.http_port == 0


def test_a_config_without_a_web_server_has_none_to_publish(tmp_path):
    given = tmp_path / "config.json"
    given.write_text('{"packs": [{"name": "house", "bms": "chargery", "rx": 16}]}')
    with pytest.raises(PacklogError, match=r"--http 8080: .* no web server \(http\.port\)"):
        settle(Plan(flash=tmp_path / "flash.img"), Asked(config=given, http=8080))
