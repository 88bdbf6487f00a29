"""packlog pull, watch and info over the network: the same files as over USB, resumed where they
were cut off, with a password, while the logger goes on.
"""

import http.client

import pytest
from host_tools.board import live, site, watch
from host_tools.board.pull import pull, pull_all
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.sim.workshop import port_of
from tests.helpers import mdns
from tests.helpers.home_bench import NAME, START
from tests.helpers.http_bench import http_config
from tests.helpers.segment_bytes import frames, header

PASSWORD = "green barn door"
PATH = f"{NAME}/pack/00000001.seg"
OLD = header() + frames(*range(0, 60000, 13))


@pytest.fixture
def board(bench, monkeypatch):
    """A board whose web server is at url, running in the background."""
    seen = bench(
        http_config(password=PASSWORD), {f"data/{PATH}": OLD}, http_port=0, start_unix_s=START
    )
    seen.board.run_until(30)
    seen.board.go_at(20)
    seen.board.background()
    seen.url = seen.rig.url.rstrip("/")
    monkeypatch.setenv(site.PASSWORD, PASSWORD)
    yield seen
    seen.board.stop()


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.*")}


def test_it_brings_the_same_files_as_usb(board, tmp_path, monkeypatch, capsys):
    said = []
    assert pull(board.url, tmp_path / "net", said.append) >= 1
    with port_of(board.board) as port:
        pull(port, tmp_path / "usb", said.append)
    net, usb = files_in(tmp_path / "net"), files_in(tmp_path / "usb")
    assert set(net) <= set(usb)
    for path, data in net.items():
        assert usb[path].startswith(data) and data
    assert net[PATH].startswith(OLD)
    # A second one brings what is new only
    asked = []
    real = site.Site.read
    monkeypatch.setattr(site.Site, "read", lambda *a: asked.append(a[1:]) or real(*a))
    pull(board.url, tmp_path / "net", said.append)
    assert all(path != PATH or offset >= len(OLD) for path, offset, _ in asked)
    watch.watch(board.url, count=2)
    live.live(board.url, as_json=True)
    shown = capsys.readouterr().out
    assert shown.count(f"{NAME} age=") == 2 and '"voltage": 5' in shown
    assert board.board.starts == 1 and board.board.hardware.lost_bytes() == 0
    assert PASSWORD not in shown + "".join(said) + board.console()


def test_all_boards_in_the_network(board, tmp_path, monkeypatch):
    """One that does not answer does not keep the others from being pulled."""
    monkeypatch.setattr(site, "PAUSE_S", 0.01)
    said = []
    port = int(board.url.rpartition(":")[2])
    with mdns.answering(monkeypatch, "127.0.0.9", "127.0.0.1") as (silent, answers, _):
        monkeypatch.setattr(site.Site, "_host", lambda each: f"packlog.local:{port}")
        with pytest.raises(PacklogError, match=f"of 2 boards not pulled: {silent}$"):
            pull_all(tmp_path, said.append, port=port)
    assert f"{answers}:" in said
    assert not (tmp_path / silent).exists()
    assert (tmp_path / answers / PATH).read_bytes().startswith(OLD)


def test_a_pull_that_breaks_goes_on_where_it_was(board, tmp_path, monkeypatch):
    """Connections break over and over."""
    real = http.client.HTTPResponse.read
    left = [3000]
    offsets = []

    def read(answer, count=None):
        if answer.getheader("Content-Type") == "application/octet-stream":
            if left[0] <= 0:
                left[0] = 3000
                raise ConnectionResetError("cut")
            data = real(answer, min(count, 1000))
            left[0] -= 1000
            return data
        return real(answer, count)

    real_span = site.Site._span
    monkeypatch.setattr(site, "PAUSE_S", 0.01)
    monkeypatch.setattr(http.client.HTTPResponse, "read", read)
    monkeypatch.setattr(site.Site, "_span", lambda *a: offsets.append(a[2]) or real_span(*a))
    pull(board.url, tmp_path / "net", lambda line: None)
    assert max(offsets) > 50000 and len(offsets) > 15
    assert (tmp_path / "net" / PATH).read_bytes().startswith(OLD)


def test_errors_say_what_to_do(board, tmp_path, monkeypatch):
    monkeypatch.setattr(site, "PAUSE_S", 0.01)
    monkeypatch.setenv(site.PASSWORD, "wrong password")
    with pytest.raises(PacklogError, match=f"refuses the password in {site.PASSWORD}"):
        pull(board.url, tmp_path, lambda line: None)
    monkeypatch.delenv(site.PASSWORD)
    with pytest.raises(PacklogError, match=f"asks for .*: put it in {site.PASSWORD}"):
        pull(board.url, tmp_path, lambda line: None)
    board.board.stop()
    board.board.power_off()
    with pytest.raises(PacklogError, match=r"no board answers at 127\.0\.0\.1, .*http\.port"):
        pull(board.url, tmp_path, lambda line: None)


@pytest.mark.parametrize(
    "url", ["http://", "http://a:99999", "http://me:secret@a", "http://a/b", "http://:80"]
)
def test_addresses_that_are_none(url):
    with pytest.raises(UsageError, match=r"is not like http://packlog\.local") as error:
        site.Site(url)
    assert "secret" not in str(error.value)
