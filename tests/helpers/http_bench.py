"""Clients of a virtual board's web server, on the World's loop: in board time, always the same."""

import json
import socket
from pathlib import Path

from host_tools.board import config_file
from tests.helpers.boards import Bench, copy_of, put_files
from tests.helpers.home_bench import HomeBoard, config

from settings import FINISHED

PORT = 80


def http_config(**keys) -> dict:
    """The example at home with its web server."""
    return config() | {"http": {"port": PORT, **keys}}


class Answer:
    """status, fields (names in small letters) and body of what came."""

    def __init__(self, data: bytes):
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1]) if first else 0
        pairs = (line.partition(":") for line in lines)
        self.fields = {name.lower(): value.strip() for name, _, value in pairs}
        if self.fields.get("transfer-encoding") == "chunked":
            self.body = b"".join(_chunks(self.body))

    @property
    def json(self):
        return json.loads(self.body)


def _chunks(data: bytes):
    while data:
        size, _, data = data.partition(b"\r\n")
        yield data[: int(size, 16)]
        data = data[int(size, 16) + 2 :]


def request(path: str, *fields: str, method: str = "GET", host: str = "packlog.local") -> bytes:
    """A whole request that ends the connection, unless a field says otherwise."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields]
    if not any(field.startswith("Connection") for field in fields):
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode()


class Client:
    """A connection of the World's. data: what has come so far; ended: has the board closed it?

    small: it takes a few KB, and no more unless it reads.
    """

    def __init__(self, seen: "HttpBoard", sends: bytes = b"", reads: bool = True, home: str = ""):
        self.data = b""
        self.ended = False
        self._reads = reads
        self._sock = sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.setblocking(False)
        if home:  # its address
            sock.bind((home, 0))
        self._task = seen.home.world.create_task(self._run(seen.home.world, seen.port, sends))

    async def _run(self, world, port, sends):
        try:
            await world.sock_connect(self._sock, ("127.0.0.1", port))
            await world.sock_sendall(self._sock, sends)
            while self._reads and (more := await world.sock_recv(self._sock, 1000)):
                self.data += more
        except OSError:
            pass
        self.ended = self._reads

    async def _send(self, world, data):
        await world.sock_sendall(self._sock, data)

    def send(self, seen, data):
        seen.home.world.create_task(self._send(seen.home.world, data))

    async def _recv(self, world, count):
        try:
            more = await world.sock_recv(self._sock, count)
            self.data += more
            self.ended = self.ended or not more
        except OSError:
            self.ended = True

    def take(self, seen, count):
        """Read so much at most, if there is something."""
        seen.home.world.create_task(self._recv(seen.home.world, count))

    @property
    def body(self) -> bytes:
        """As far as it has come."""
        return Answer(self.data).body

    def close(self):
        self._task.cancel()
        self._sock.close()


class HttpBoard(HomeBoard):
    """A board at home with a web server; ask() what it answers. files: on its flash already."""

    def __init__(self, bench, wanted=None, files=None, **plan):
        def make(config, **more):
            return bench(config, files=files, **more)

        super().__init__(make, wanted or http_config(), **plan)

    @property
    def port(self) -> int:
        return self.home.network.port_of(PORT)

    def client(self, sends: bytes = b"", reads: bool = True, home: str = "") -> Client:
        return Client(self, sends, reads, home)

    def ask_raw(self, data: bytes, seconds: float = 30) -> bytes:
        """All that comes until the board ends the connection."""
        client = self.client(data)
        for _ in range(int(seconds * 20)):
            self.board.run(0.05)
            if client.ended:
                break
        client.close()
        assert client.ended, client.data
        return client.data

    def ask(self, path: str, *fields: str, seconds: float = 30, **more) -> Answer:
        return Answer(self.ask_raw(request(path, *fields, **more), seconds))

    def counter(self, name: str) -> int:
        """A counter of the server's, as the newest health line has it."""
        return int(self.health()[f"http_{name}"])


class Shared:
    """A board for all tests of a module, with these files on its flash: board, close()."""

    def __init__(self, installed: Path, folder: Path, files: dict[str, bytes]):
        self._folder = folder
        self.board = HttpBoard(lambda *a, **plan: self._start(installed, *a, **plan), files=files)

    def _start(self, installed, config, files, **plan):
        image = copy_of(installed, self._folder)
        # As an install leaves it: what checks a config is not in memory
        finished = config_file.finished(json.dumps(config).encode())
        put_files(image, files | {FINISHED: finished})
        self._bench = Bench(image, config, **plan)
        return self._bench.start()

    def close(self) -> None:
        self._bench.close()
