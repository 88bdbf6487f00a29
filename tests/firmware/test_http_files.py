"""The web server and a file that the store deletes, or goes on writing, while somebody reads it."""

import pytest
from host_tools.ground.firmware import FIRMWARE
from tests.helpers.http_bench import Client, request

MODULES = (
    "board", "lib/once", "lib/passing", "lib/tasks", "lib/tcp", "lib/uptime", "net/http_peer",
    "net/http_request", "parts/http", "web_server", "store/files", "store/frame", "store/segment",
    "store/half", "sample",
)  # fmt: skip
MAIN = """
import os, time
join()
from parts import http
class Board:
    network = True
    tasks = []
    settings = {"wifi": {"hostname": "packlog"}, "packs": ()}
board = Board()
server = http.make({"port": 80, "password": ""}, board)
def die(name, start):
    return start
async def main():
    asyncio.create_task(server.run())
    asyncio.create_task(server.guard())
    await asyncio.sleep(3)
    CHANGE
    say("changed")
    await asyncio.sleep(60)
    say(server.counters)
asyncio.run(main())
end()
"""
PATH = "/data/house/pack/00000001.seg"
OLD = bytes(range(250)) * 240  # 60,000 bytes
CHANGES = {
    "deleted": f'os.remove("{PATH}")',
    "grown": f'open("{PATH}", "ab").write(b"more")',
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_under_a_reader(net_bench, change):
    files = {f"{name}.py": (FIRMWARE / f"{name}.py").read_bytes() for name in MODULES}
    net_bench.start(MAIN.replace("CHANGE", CHANGES[change]), files | {PATH[1:]: OLD})
    board = net_bench.board
    board.run(4)
    net_bench.port = net_bench.network.port_of(80)
    client = Client(net_bench, request(f"/api/history{PATH[5:]}"), reads=False)
    board.run(1)
    client.take(net_bench, 900)
    while "changed" not in net_bench.console():
        board.run(0.2)
    for _ in range(200):
        client.take(net_bench, 1500)
        board.run(0.1)
    head, _, body = client.data.partition(b"\r\n\r\n")
    assert b"Content-Length: 60000" in head and client.ended
    assert OLD.startswith(body)
    assert len(body) == len(OLD) if change == "grown" else 0 < len(body) < len(OLD)
    client.close()
    board.run(60)
    assert net_bench.said()[-1]["dropped"] == (change == "deleted")
