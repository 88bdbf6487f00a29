"""Firefox and WebKit (the engine of Safari), headless, driven as W3C's WebDriver says: Firefox by
its bidirectional protocol, which it speaks itself; WebKit by requests to its driver.
"""

import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.helpers import debian
from websockets.sync.client import connect

PATIENCE_S = 30
_PROFILE = """\
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("app.update.enabled", false);
user_pref("services.settings.server", "data:,");
"""


class Tab:
    """A page: run(script) gives an expression's value, wait(script) waits until it is true.

    errors: what the console has complained of, where the browser tells.
    """

    errors: list[str]

    def open(self, url: str) -> None:
        raise NotImplementedError

    def _json(self, script: str) -> str | None:
        """What an async function of that body returns, a text."""
        raise NotImplementedError

    def run(self, script):
        """What an expression gives, also a promise's."""
        return json.loads(self._json(f"return JSON.stringify((await ({script})) ?? null)"))

    def wait(self, script, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while not (found := self.run(script)):
            assert time.monotonic() < end, (
                script,
                self.errors,
                self.run("document.body.innerText"),
            )
            time.sleep(0.05)
        return found


class Firefox(Tab):
    def __init__(self, opened):
        self._socket = opened
        self._numbers = itertools.count(1)
        self.errors = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self._context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method, **parameters):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if answer.get("id") == number:
                assert answer["type"] == "success", (method, answer)
                return answer["result"]
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.errors.append(answer["params"]["text"])

    def open(self, url):
        self.call("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def _json(self, script):
        found = self.call(
            "script.evaluate",
            expression=f"(async () => {{ {script} }})()",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert found["type"] == "success", found
        return found["result"]["value"]


class WebKit(Tab):
    def __init__(self, driver: str, browser: str):
        self._session = driver + "/session"
        self.errors = []
        options = {"binary": browser, "args": ["--automation"]}
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}
        made = self._ask("", {"capabilities": {"alwaysMatch": wanted}})
        self._session += "/" + made["sessionId"]
        self._ask("/timeouts", {"script": 1000 * PATIENCE_S})

    def _ask(self, path, body=None, method="POST"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._session + path, data, method=method)
        with urllib.request.urlopen(request, timeout=2 * PATIENCE_S) as answer:
            return json.load(answer)["value"]

    def open(self, url):
        self._ask("/url", {"url": url})

    def _json(self, script):
        body = f"const done = arguments[0]; (async () => {{ {script} }})().then(done)"
        return self._ask("/execute/async", {"script": body, "args": []})

    def close(self):
        self._ask("", method="DELETE")


@contextlib.contextmanager
def firefox():
    """A Tab of a Firefox with a profile of its own. Skips or fails the test where it is missing."""
    path = shutil.which("firefox") or debian.needed("firefox-esr", "firefox-esr")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "user.js").write_text(_PROFILE)
        command = [path, "--headless", "--no-remote", "--profile", folder]
        command += ["--remote-debugging-port=0", "about:blank"]
        with _running(command, HOME=folder, MOZ_DISABLE_CONTENT_SANDBOX="1") as process:
            url = _line(process, r"BiDi listening on (ws://\S+)")
            with connect(url + "/session", max_size=None) as opened:
                yield Firefox(opened)


@contextlib.contextmanager
def webkit():
    """A Tab of WebKitGTK's small browser, on a screen of its own. Skips or fails likewise."""
    driver = debian.needed("WebKitWebDriver", "webkit2gtk-driver")
    screen = debian.needed("Xvfb", "xvfb")
    browser = next(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    port = _free_port()
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        _running([screen, "-displayfd", "1", "-nolisten", "tcp"]) as shown,
        _running(
            [driver, f"--port={port}"],
            DISPLAY=":" + _line(shown, r"^(\d+)$"),
            HOME=folder,
            WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS="1",  # it has none as root
        ),
    ):
        tab = _soon(lambda: WebKit(f"http://127.0.0.1:{port}", str(browser)))
        try:
            yield tab
        finally:
            tab.close()


@contextlib.contextmanager
def _running(command, **environment):
    process = subprocess.Popen(
        command,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _free_port() -> int:
    """WebKitWebDriver does not say which one it has taken, if it is to choose."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def _line(process, pattern):
    """What the pattern finds in a line that the process prints."""
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError("the browser has not started")


def _soon(make):
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return make()
        except urllib.error.URLError:
            assert time.monotonic() < end, "the driver has not started"
            time.sleep(0.05)
