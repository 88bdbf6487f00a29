"""The TCP sockets of the virtual board against an ESP32's, with servers and clients of others."""

import contextlib
import socket

from host_tools.sim.vm import network_words as words
from tests.helpers.network_bench import SERVER

NOWHERE = "10.9.9.9"


async def echo(reader, writer):
    while data := await reader.read(1000):
        writer.write(data)
    writer.close()


async def mute(reader, writer):
    with contextlib.suppress(ConnectionError):
        await reader.read()


def test_connections_that_come_about_or_do_not(net_bench):
    net_bench.serve(SERVER, 7, echo)
    net_bench.serve(SERVER, 9, echo).lost = True
    net_bench.serve(SERVER, 10, echo).refuses = True
    said = net_bench.run(f"""
        def connect(host, port, seconds):
            s = socket.socket()
            s.settimeout(seconds)
            try:
                s.connect((host, port))
                s.send(b"hello")
                return s.recv(10)
            finally:
                s.close()
        say(timed(connect, "{SERVER}", 7, 5)[0])
        join()
        say(timed(connect, "{SERVER}", 7, 5)[0])
        say(timed(connect, "{SERVER}", 8, 5)[0])
        say(timed(connect, "{SERVER}", 10, 5)[0])
        say(timed(connect, "{SERVER}", 9, 2.5))
        say(timed(connect, "{NOWHERE}", 7, None))
        say(timed(connect, "{NOWHERE}", 7, 0))
        s = [socket.socket() for _ in range(10)]
        say(timed(socket.socket)[0])
        end()
        """)
    assert said == [
        words.EHOSTUNREACH,
        b"hello",
        words.ECONNRESET,
        words.ECONNRESET,
        (words.ETIMEDOUT, 2500),
        (words.ECONNABORTED, 18000),
        (words.EINPROGRESS, 0),
        words.ENFILE,
    ]
    assert net_bench.board.longest_stall_us >= 18_000_000


def test_a_dead_connection_takes_what_its_buffer_holds(net_bench):
    """Nobody tells the board: the send buffer fills, then nothing more goes in."""
    route = net_bench.serve(SERVER, 7, mute)
    net_bench.start(f"""
        join()
        s = socket.socket()
        s.connect(("{SERVER}", 7))
        s.setblocking(False)
        while True:
            say(s.write(bytes(1000)))
            time.sleep(1)
        """)
    net_bench.board.run(8)
    assert set(net_bench.said()) == {1000}
    route.frozen = True
    net_bench.board.run(10)
    assert net_bench.said()[-10:] == [1000] * 5 + [760] + [None] * 4
    route.frozen = False
    net_bench.board.run(2)
    assert net_bench.said()[-1] == 1000
    route.drop()
    net_bench.board.run(1.5)
    assert "OSError: [Errno 104] ECONNRESET" in net_bench.console()


def test_a_stream_of_asyncio_does_not_hold_up_others(net_bench):
    net_bench.serve(SERVER, 7, echo)
    said = net_bench.run(f"""
        async def main():
            join()
            reader, writer = await asyncio.open_connection("{SERVER}", 7)
            ticks = 0
            async def tick():
                nonlocal ticks
                while True:
                    ticks += 1
                    await asyncio.sleep_ms(1)
            task = asyncio.create_task(tick())
            writer.write(bytes(range(100)) * 200 + b"\\n")
            await writer.drain()
            got = b""
            while len(got) < 20001:
                got += await reader.read(1500)
            say(got == bytes(range(100)) * 200 + b"\\n")
            say(ticks > 10)
            writer.write(b"one\\ntwo\\n")
            await writer.drain()
            say(await reader.readline())
            say(await reader.readline())
            task.cancel()
            writer.close()
            await writer.wait_closed()
        asyncio.run(main())
        end()
        """)
    assert said == [True, True, b"one\n", b"two\n"]


def test_a_server_on_the_board(net_bench):
    net_bench.start("""
        join()
        s = socket.socket()
        s.bind(("", 80))
        s.listen(1)
        c, end_of = s.accept()
        c.write(b"you said " + c.readline())
        c.close()
        end()
        """)
    net_bench.board.run(5)
    port = net_bench.network.port_of(80)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(b"hello\n")
        for _ in range(5):
            net_bench.board.run(0.1)
        assert client.recv(100) == b"you said hello\n"
