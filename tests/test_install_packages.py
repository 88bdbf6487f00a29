"""Packages of others on the board: from an index as mip has it, or from a folder on the PC."""

import contextlib
import hashlib
import http.server
import json
import threading
from pathlib import Path

import pytest
from host_tools import compile as compiling
from host_tools import parts
from host_tools.errors import PacklogError
from host_tools.firmware import FIRMWARE
from host_tools.parts import AIOBLE, UMQTT
from typer.testing import CliRunner

import config
from installing import X64, add, board_on, mini, on_flash, put

STANDIN = Path(__file__).parent / "standin"
JK = '{"packs": [{"name": "van", "bms": "jk", "device": "JK-B2A24S"}]}'
UP_TO_DATE = "everything on the board is up to date"


class Index(http.server.BaseHTTPRequestHandler):
    """What micropython.org/pi/v2 answers: paths -> contents."""

    answers: dict[str, bytes] = {}  # noqa: RUF012
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        self.asked.append(self.path)
        data = self.answers.get(self.path)
        self.send_response(404 if data is None else 200)
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def index(packages: dict[tuple[str, str], dict[str, bytes]]):
    """The address of an index with these packages, and what it was asked for."""
    answers = {}
    for (name, version), files in packages.items():
        hashes = [[path, hashlib.sha256(data).hexdigest()[:8]] for path, data in files.items()]
        package = {"v": 1, "version": version, "hashes": hashes, "deps": []}
        answers[f"/package/6/{name}/{version}.json"] = json.dumps(package).encode()
        for path, short in hashes:
            answers[f"/file/{short[:2]}/{short}"] = files[path]
    handler = type("Handler", (Index,), {"answers": answers, "asked": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", handler.asked
        server.shutdown()
        thread.join()


def aioble_files() -> dict[str, bytes]:
    """The stand-in as the index would have it, and a part that packlog does not need."""
    files = {
        f"aioble/{path.stem}.mpy": compiling.compiled(
            f"aioble/{path.name}", path.read_bytes(), "x64"
        )
        for path in (STANDIN / "aioble").glob("*.py")
    }
    return files | {"aioble/server.mpy": b"not for us"}


def check_on_board(image, files):
    there = on_flash(image)
    wanted = {f"/lib/{path}": data for path, data in files.items() if "server" not in path}
    assert {path: there[path] for path in wanted} == wanted
    assert "/lib/aioble/server.mpy" not in there
    return json.loads(there["/packlog.json"])


def test_a_jk_gets_aioble_in_the_pinned_version_once(tmp_path):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    jk = tmp_path / "jk.json"
    jk.write_text(JK)
    packages = {("aioble", AIOBLE.version): aioble_files()}
    with index(packages) as (url, asked), board_on(image) as (_, port):
        said = put(port, firmware, config=jk, index=url)
        assert "getting aioble, for Bluetooth" in said
        assert asked[0] == f"/package/6/aioble/{AIOBLE.version}.json"
        asked.clear()
        assert put(port, firmware, index=url)[0] == UP_TO_DATE
        assert asked == []
    manifest = check_on_board(image, aioble_files())
    assert manifest["packages"] == {"aioble": AIOBLE.version}


def test_it_stays_when_nothing_needs_it_any_more_and_comes_again_when_it_is_damaged(tmp_path):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    plain = tmp_path / "plain.json"
    plain.write_text('{"packs": [{"name": "house", "bms": "chargery"}]}')
    with index({("aioble", AIOBLE.version): aioble_files()}) as (url, asked):
        with board_on(image) as (_, port):
            put(port, firmware, bluetooth=True, index=url)
            put(
                port,
                mini(tmp_path / "mini", greeting="def text():\n    return 'again'\n"),
                "1.1",
                config=plain,
            )
        check_on_board(image, aioble_files())
        add(image, {"/lib/aioble/core.mpy": b"damaged"})
        asked.clear()
        with board_on(image) as (_, port):
            put(port, firmware, "1.1", bluetooth=True, index=url)
        assert asked
    check_on_board(image, aioble_files())


def test_the_environment_can_name_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKLOG_LIB", str(STANDIN))
    image = tmp_path / "flash.img"
    with board_on(image) as (_, port):
        put(port, mini(tmp_path / "mini"), bluetooth=True, index="http://127.0.0.1:1")
    check_on_board(image, aioble_files())


def test_without_internet_it_comes_from_a_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("PACKLOG_LIB", raising=False)
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    with board_on(image) as (_, port):
        said = put(port, firmware, bluetooth=True, lib=STANDIN, index="http://127.0.0.1:1")
        assert said[-1].startswith("the logger runs")
        again = put(port, firmware, bluetooth=True, index="http://127.0.0.1:1")
        assert again[0] == UP_TO_DATE  # and no index is asked
    manifest = check_on_board(image, aioble_files())
    assert manifest["packages"] == {"aioble": parts.LOCAL}


def test_what_somebody_else_put_there_is_left_alone(tmp_path):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    with board_on(image) as (_, port):
        put(port, firmware)
    add(image, {"/lib/aioble/__init__.py": b"OWN = 1\n"})
    with board_on(image) as (_, port):
        said = put(port, firmware, bluetooth=True, index="http://127.0.0.1:1")
        assert said[0] == UP_TO_DATE
    assert on_flash(image)["/lib/aioble/__init__.py"] == b"OWN = 1\n"


def test_no_network_and_no_such_package_are_one_line_and_change_nothing(tmp_path):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    steps = []
    with board_on(image) as (_, port):
        with pytest.raises(
            PacklogError, match=r"aioble \(for Bluetooth\) could not.*PACKLOG_LIB=FOLDER"
        ):
            put(port, firmware, bluetooth=True, index="http://127.0.0.1:1", on_step=steps.append)
        with (
            index({("aioble", "0.0.1"): {}}) as (url, _),
            pytest.raises(PacklogError, match=r"could not be downloaded: Package not found: http"),
        ):
            put(port, firmware, bluetooth=True, index=url, on_step=steps.append)
        with pytest.raises(PacklogError, match=r"has no aioble/__init__.py: put aioble there"):
            put(port, firmware, bluetooth=True, lib=tmp_path, on_step=steps.append)
    assert steps == []


def test_mqtt_gets_umqtt_and_of_it_only_that():
    settings = config.parse(
        '{"packs": [{"name": "a", "bms": "chargery"}], "mqtt": {"host": "broker"},'
        ' "wifi": {"networks": [{"ssid": "home"}]}}'
    )
    assert parts.needed(settings, False) == [UMQTT]
    assert parts.needed(settings, True) == [AIOBLE, UMQTT]
    files = {"umqtt/simple.mpy": b"M\x06...", "ssl.mpy": b"M\x06 shadows the board's own"}
    with index({(UMQTT.name, UMQTT.version): files}) as (url, _):
        assert parts.get(UMQTT, X64, None, url + "/") == {"lib/umqtt/simple.mpy": b"M\x06..."}


def test_a_scan_for_the_questions_has_what_it_needs_and_nothing_that_starts(tmp_path, monkeypatch):
    firmware, image = mini(tmp_path / "mini"), tmp_path / "flash.img"
    seen = []

    def heard(device, seconds):
        seen.append(device.run("import os; print(os.listdir('/'), os.listdir('/lib/aioble'))"))
        return []

    def ask(family, hear):
        assert hear(8) == []
        return JK

    monkeypatch.setattr("host_tools.radio.heard", heard)
    monkeypatch.setattr("host_tools.questions.ask", ask)
    with board_on(image) as (_, port):
        said = put(port, firmware, terminal=True, lib=STANDIN)
    assert "main.py" not in seen[0] and "config.json" not in seen[0]
    assert "greeting.mpy" in seen[0] and "client.mpy" in seen[0]
    assert said[-2].startswith("copied 3 files")  # the config, the manifest, main.py
    assert on_flash(image)["/config.json"] == JK.encode()


def test_a_jk_in_reach_is_found_and_logged_by_a_first_install(tmp_path):
    """The firmware itself: the scan, the pick, the config, and readings over Bluetooth."""
    image = tmp_path / "flash.img"
    answers = "\n".join(("jk", "van", "100", "y", "1", "none", "", ""))
    with (
        board_on(image, bms="jk", jk_name="JK-B2A24S") as (_, port),
        CliRunner().isolation(input=answers) as streams,
    ):
        said = put(port, FIRMWARE, terminal=True, lib=STANDIN)
        shown = streams[1].getvalue().decode()
    assert "JK-B2A24S" in shown and "dBm  JK" in shown
    assert said[-1] == "the logger runs: van sends readings"
    pack = json.loads(on_flash(image)["/config.json"])["packs"][0]
    assert pack == {"name": "van", "bms": "jk", "capacity_ah": 100, "device": "JK-B2A24S"}


def test_a_board_without_bluetooth_says_so(tmp_path, monkeypatch):
    from host_tools import install

    monkeypatch.setattr(install, "_HAS_BLUETOOTH", "print('no')")
    with (
        board_on(tmp_path / "flash.img") as (_, port),
        pytest.raises(PacklogError, match="has no Bluetooth: for a jk take an ESP32"),
    ):
        put(port, mini(tmp_path / "mini"), bluetooth=True)
