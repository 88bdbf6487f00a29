"""packlog sync and check with a board: its history in a database while the logger goes on."""

import sqlite3

from host_tools.board import site
from host_tools.history import frames
from host_tools.sync import check
from host_tools.sync.sync import Plan, sync
from tests.helpers.home_bench import NAME, START
from tests.helpers.http_bench import http_config

PASSWORD = "green barn door"


def test_a_board_in_the_network_is_synced_and_checked(bench, tmp_path, monkeypatch, capsys):
    seen = bench(http_config(password=PASSWORD), http_port=0, start_unix_s=START)
    seen.board.run_until(120)
    seen.board.go_at(20)
    seen.board.background()
    url = seen.rig.url.rstrip("/")
    monkeypatch.setenv(site.PASSWORD, PASSWORD)
    plan = Plan((url,), (f"sqlite:///{tmp_path}/house.db",), tmp_path / "history")
    sync(plan)
    sync(plan)  # what has come since then
    assert check.check([url], 3600)
    assert not check.check(["http://127.0.0.1:9"], 3600)
    seen.board.stop()
    rows = frames.load([tmp_path / "history"])
    dated = ~rows.hole & (rows.time > 0)
    connection = sqlite3.connect(tmp_path / "house.db")
    count, last = connection.execute(
        "SELECT count(*), max(uptime) FROM packlog_frames WHERE pack = ?", (NAME,)
    ).fetchone()
    events = connection.execute("SELECT count(*) FROM packlog_events").fetchone()[0]
    connection.close()
    assert count == dated.sum() > 0 and last == rows.uptime[dated].max()
    assert events > 2
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"OK  {NAME}: ") and said[1].startswith("!!! http://127.0.0.1:9: no")
