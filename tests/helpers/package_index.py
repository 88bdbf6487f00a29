"""A stand-in for the index of MicroPython's packages, on a local port."""

import contextlib
import hashlib
import http.server
import json
import threading
from pathlib import Path

from host_tools.build import compile as compiling

STANDIN = Path(__file__).resolve().parents[1] / "standin"


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
