"""packlog view: a pulled folder by the interface of a board, for this computer only."""

import gzip
import http.client
import json
import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
from host_tools.ground.errors import PacklogError
from host_tools.page import built
from host_tools.page.site import Site
from tests.helpers.command_line import PACKLOG, packlog
from tests.helpers.fake_board import served

OLD = Path(__file__).parents[2] / "data" / "0.1.0"


@pytest.fixture(scope="module")
def url():
    with served(Site(OLD)) as found:
        yield found


def ask(url, path, method="GET", **headers):
    """(status, headers, body)"""
    host = re.fullmatch("http://(.*)/", url)[1]
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers=named)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def test_the_page(url):
    status, headers, body = ask(url, "/")
    assert status == 200 and headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == built.page()
    assert ask(url, "/", If_None_Match=headers["ETag"])[0] == 304


def test_the_files_are_those_of_the_folder(url):
    files = json.loads(ask(url, "/api/history")[2])["files"]
    assert {file["pack"] for file in files} == {"house", "boat"}
    for file in files:
        path = f"/api/history/{file['pack']}/{file['series']}/{file['name']}"
        status, _, body = ask(url, path)
        assert status == 200 and len(body) == file["size"]
        assert body == (OLD / file["pack"] / file["series"] / file["name"]).read_bytes()


def test_parts_of_a_file(url):
    path = "/api/history/house/pack/00000001.shard"
    whole = ask(url, path)[2]
    status, headers, body = ask(url, path, Range="bytes=4-9")
    assert (status, body) == (206, whole[4:10])
    assert headers["Content-Range"] == f"bytes 4-9/{len(whole)}"
    assert ask(url, path, Range="bytes=100-")[2] == whole[100:]
    assert ask(url, path, Range=f"bytes=0-{len(whole) + 9}")[2] == whole
    assert ask(url, path, Range=f"bytes={len(whole)}-")[0] == 416


def test_head_has_no_body(url):
    path = "/api/history/house/pack/00000001.shard"
    status, headers, body = ask(url, path, "HEAD")
    assert (status, body) == (200, b"") and int(headers["Content-Length"]) > 100


def test_a_folder_has_no_readings(url):
    status = json.loads(ask(url, "/api/status")[2])
    assert [pack["name"] for pack in status["packs"]] == ["boat", "house"]
    assert not any(pack["fresh"] for pack in status["packs"])
    assert status["folder"] == str(OLD)
    assert ask(url, "/api/live")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/history/house/pack/../../../README.md",
        "/api/history/house/pack/%2e%2e%2f%2e%2e%2fREADME.md",
        "/api/history/../0.1.0/house/pack/00000001.shard",
        "/api/history/house/pack/00000001.shard%00",
        "/api/history//etc/passwd",
        "/api/history/house/pack",
        "/api/history/house/pack/draft",
        "/api/history/house/pack/00000099.seg",
        "/README.md",
        "/api/",
    ],
)
def test_nothing_else_is_served(url, path):
    assert ask(url, path)[0] == 404


def test_a_foreign_host_is_refused(url):
    """A page from elsewhere, whose name has come to mean this computer."""
    assert ask(url, "/api/history", Host="example.com:80")[0] == 403
    port = url.rsplit(":", 1)[1].strip("/")
    assert ask(url, "/api/history", Host=f"localhost:{port}")[0] == 200


def test_nothing_can_be_written(url):
    assert ask(url, "/api/history/house/pack/00000001.shard", "PUT")[0] == 501
    assert ask(url, "/api/status", "DELETE")[0] == 501


def test_a_folder_of_one_pack(tmp_path):
    assert Site(OLD / "house").packs == ["house"]
    with pytest.raises(PacklogError, match="no history in"):
        Site(tmp_path)
    with pytest.raises(PacklogError, match="is not a folder"):
        Site(OLD / "README.md")


@contextmanager
def running(*arguments):
    """packlog view's process, and the URL that it prints."""
    process = subprocess.Popen(
        [*PACKLOG, "view", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in a shell's background have it ignored, and hand that on
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        line = process.stderr.readline()
        yield process, re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
        process.stderr.close()


def test_the_command(tmp_path):
    with running(OLD, "--no-browser") as (process, url):
        assert ask(url, "/api/status")[0] == 200
    assert process.returncode == 130
    assert packlog("view", "--save", str(tmp_path / "page.html")).returncode == 0
    assert (tmp_path / "page.html").read_bytes() == built.page()
    assert packlog("view").returncode == 2
    done = packlog("view", str(tmp_path), "--no-browser")
    assert done.returncode == 1 and "no history in" in done.stderr
