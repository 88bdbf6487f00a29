"""A headless Chromium, driven by its devtools protocol: the page in a real browser."""

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.helpers import debian
from websockets.sync.client import connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE_S = 30
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
    "--remote-debugging-port=0",
)


def find() -> str | None:
    """The browser's path; as root on Debian it is installed. None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None) or debian.find(NAMES[0], NAMES[0])


class Tab:
    """A page in the browser. errors: what its console has complained of; received: bytes that have
    come over the network.
    """

    def __init__(self, socket):
        self._socket = socket
        self._numbers = itertools.count(1)
        self.errors = []
        self.received = 0
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        """The result of a command of the protocol."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self._take(answer)

    def _take(self, event):
        name, told = event.get("method"), event.get("params", {})
        if name == "Network.dataReceived":
            self.received += max(told["encodedDataLength"], 0)
        elif name == "Runtime.exceptionThrown":
            self.errors.append(told["exceptionDetails"].get("exception", {}).get("description"))
        elif name == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.errors.append(
                [each.get("value", each.get("description")) for each in told["args"]]
            )
        elif name == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.errors.append(told["entry"]["text"] + " " + told["entry"].get("url", ""))

    def show(self, width, height, dark=False, touch=False, scale=1):
        """The size of the window, and whether it is dark and touched."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=touch,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def open(self, url):
        self.call("Page.navigate", url=url)

    def run(self, script):
        """What an expression gives, also a promise's."""
        found = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, script, seconds=PATIENCE_S):
        """Until an expression is true; returns what it gives."""
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(AssertionError):
                found = self.run(script)
                if found:
                    return found
            assert time.monotonic() < end, (
                script,
                self.errors,
                self.run("document.body.innerText"),
            )
            time.sleep(0.05)

    def picture(self, path, is_whole=False):
        """A screenshot; is_whole: of all that can be scrolled to."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=is_whole)
        Path(path).write_bytes(base64.b64decode(found["data"]))


@contextlib.contextmanager
def browser(path=None):
    """A Tab of a browser with a profile of its own, which goes afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [path or find(), *_OPTIONS, f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _port(Path(folder) / "DevToolsActivePort", process)
            tabs = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list"))
            url = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
            with connect(url, max_size=None) as socket:
                yield Tab(socket)
        finally:
            process.terminate()
            process.wait()


def _port(path, process):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return int(path.read_text().splitlines()[0])
        time.sleep(0.05)
    raise AssertionError("the browser has not started")
