"""Autobahn's own suite against the WebSocket link on MicroPython, where `wstest` is on the path.

It needs Python 2.7: `virtualenv -p python2.7 DIR && DIR/bin/pip install autobahntestsuite`, then
put DIR/bin on the path and run with -m slow. test_websocket_cases.py has the same cases without it.
"""

import json
import os
import shutil
import socket
import subprocess
import time

import pytest
from host_tools.ground import micropython
from host_tools.ground.firmware import FIRMWARE
from tests.helpers.mqtt.brokers import free_port
from tests.helpers.websocket.websocket_bench import DRIVER, PATIENCE_S
from tests.helpers.websocket.websocket_cases import CASES

WSTEST = shutil.which("wstest")
COMPRESSION = ["12.*", "13.*"]  # never offered
# Where the RFC leaves open what is right, the suite says what it saw.
OPEN_QUESTIONS = {"7.1.6", "7.13.1", "7.13.2"}


@pytest.fixture
def fuzzing_server(tmp_path):
    """(port, folder of the reports) of a running fuzzing server."""
    port = free_port()
    spec = {
        "url": f"ws://127.0.0.1:{port}",
        "outdir": str(tmp_path / "reports"),
        "cases": ["*"],
        "exclude-cases": COMPRESSION,
        "exclude-agent-cases": {},
    }
    (tmp_path / "spec.json").write_text(json.dumps(spec))
    command = [WSTEST, "-m", "fuzzingserver", "-s", "spec.json", "-u", "0"]
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log)
    try:
        wait_for(port)
        yield port, tmp_path / "reports"
    finally:
        server.kill()
        server.wait()


def wait_for(port):
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.skipif(not WSTEST, reason="Autobahn's wstest is not on the path")
def test_autobahn_suite(fuzzing_server):
    port, reports = fuzzing_server
    subprocess.run(
        [micropython.find(), "-X", "heapsize=256m", str(DRIVER), str(port), "--echo", "packlog"],
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"},
        timeout=600,
        check=True,
        capture_output=True,
    )
    results = json.loads((reports / "index.json").read_text())["packlog"]
    assert set(results) == {case.number for case in CASES}
    for number, result in results.items():
        expected = "INFORMATIONAL" if number in OPEN_QUESTIONS else "OK"
        assert (result["behavior"], result["behaviorClose"]) == (expected, expected), number
