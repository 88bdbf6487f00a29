"""The brokers in the virtual board's network: our own, with TLS or without, and mosquitto."""

import ssl

import pytest
from host_tools.sim.network.broker import Mosquitto
from tests.helpers.mqtt import certificates
from tests.helpers.network_bench import NetworkBench

CONNECT = b"\x10\x1b\x00\x04MQTT\x04\x26\x00\x0a\x00\x05board\x00\x01w\x00\x05gone!"
PUBLISH = b"\x31\x08\x00\x03a/bhey"


def test_the_broker_in_the_world_has_last_wills_and_a_power_cut_tells_nobody(net_bench):
    broker = net_bench.home.add_broker()
    net_bench.start(f"""
        join()
        s = socket.socket()
        s.connect(("192.168.1.10", 1883))
        s.write({CONNECT!r})
        say(s.read(4))
        s.write({PUBLISH!r})
        end()
        """)
    net_bench.board.run(6)
    assert net_bench.said() == [b"\x20\x02\x00\x00"]
    assert broker.retained() == {"a/b": b"hey"}
    assert [(topic, payload) for _, topic, payload in broker.published] == [("a/b", b"hey")]
    net_bench.board.power_off()
    net_bench.board.power_on()
    net_bench.network.names.silent = True
    net_bench.board.run(5)
    assert "w" not in broker.retained()
    net_bench.home.broker_route.refuses = True
    net_bench.board.run(15)
    assert broker.retained()["w"] == b"gone!"  # 1.5 keep-alives later


def test_somebody_else_publishes_and_the_broker_starts_anew(net_bench):
    broker = net_bench.home.add_broker({"house": "old mill"})
    user = CONNECT[:9] + b"\xe6" + CONNECT[10:] + b"\x00\x05house\x00\x08"
    user = bytes((user[0], user[1] + 17)) + user[2:]
    net_bench.start(f"""
        join()
        for password in (b"new mill", b"old mill"):
            s = socket.socket()
            s.connect(("192.168.1.10", 1883))
            s.write({user!r} + password)
            say(s.read(4))
        s.write(b"\\x82\\x08\\x00\\x01\\x00\\x03a/#\\x00")
        say(s.read(5))
        say(s.read(11))
        say(s.read(1))
        end()
        """)
    net_bench.board.at(10, lambda: broker.publish("a/b", b"birth"))
    net_bench.board.at(12, broker.stop)
    net_bench.board.run(15)
    assert net_bench.said() == [
        b"\x20\x02\x00\x05",
        b"\x20\x02\x00\x00",
        b"\x90\x03\x00\x01\x00",
        b"\x30\x0a\x00\x03a/bbirth"[:11],
        b"h",
    ]
    broker.start()
    assert broker.retained() == {}


def test_mosquitto_in_a_process_of_its_own(net_bench, tmp_path):
    if not Mosquitto.find():
        pytest.skip("mosquitto is not installed")
    net_bench.home.add_mosquitto(tmp_path)
    net_bench.home.broker_route.grace_s = 60  # it answers all it is told, on a busy machine late
    said = net_bench.run(f"""
        join()
        s = socket.socket()
        s.connect(("192.168.1.10", 1883))
        s.write({CONNECT!r})
        say(timed(s.read, 4))
        s.write(b"\\xc0\\0")
        say(timed(s.read, 2))
        end()
        """)
    assert [answer for answer, _ in said] == [b"\x20\x02\x00\x00", b"\xd0\x00"]
    assert all(ms < 1000 for _, ms in said)


@pytest.mark.parametrize("name", ["broker", "other"])
def test_tls_without_blocking(net_bench, tmp_path, name):
    folder = certificates.make(tmp_path / "tls", "broker")
    files = (folder / "server.pem", folder / "server.key")
    authority = ssl.PEM_cert_to_DER_cert((folder / "ca.pem").read_text())
    broker = net_bench.home.add_broker(certificate=files)
    net_bench.home.names.addresses["other"] = "192.168.1.10"
    said = net_bench.run(
        f"""
        import ssl
        async def main():
            join()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations("ca.der")
            reader, writer = await asyncio.open_connection("{name}", 8883, ssl=context)
            try:
                writer.write({CONNECT!r})
                await writer.drain()
                say(await reader.readexactly(4))
                writer.write({PUBLISH!r} + b"\\xc0\\0")
                await writer.drain()
                say(await reader.readexactly(2))
            except ValueError as error:  # so MicroPython says that a certificate is wrong
                say(str(error))
            writer.close()
            await writer.wait_closed()
        asyncio.run(main())
        end()
        """,
        {"ca.der": authority},
    )
    if name == "broker":
        assert said == [b"\x20\x02\x00\x00", b"\xd0\x00"]
        assert broker.retained() == {"a/b": b"hey", "w": b"gone!"}
    else:
        assert len(said) == 1 and "certificate" in said[0].lower()


def test_runs_repeat(tmp_path):
    def run(folder):
        folder.mkdir()
        bench = NetworkBench(folder)
        broker = bench.home.add_broker()
        try:
            bench.start(f"""
                join()
                s = socket.socket()
                s.connect(("192.168.1.10", 1883))
                s.write({CONNECT!r})
                s.read(4)
                while True:
                    s.write({PUBLISH!r} + b"\\xc0\\0")
                    s.read(2)
                """)
            bench.board.run(6)
        finally:
            bench.close()
        return broker.published

    first = run(tmp_path / "a")
    assert len(first) > 100
    assert first == run(tmp_path / "b")
