"""The virtual board's WiFi and sockets against what an ESP32 does, and the servers around it."""

import contextlib
import datetime
import socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from host_tools.sim import config_of
from host_tools.sim.broker import Mosquitto
from host_tools.sim.radio import AccessPoint
from host_tools.sim.rig import KINDS, Plan, Rig
from host_tools.sim.vm import network_words as words

import config
from network_bench import START, NetworkBench

SERVER = "192.168.1.20"
NOWHERE = "10.9.9.9"


@pytest.fixture
def bench(tmp_path):
    made = NetworkBench(tmp_path)
    yield made
    made.close()


async def echo(reader, writer):
    while data := await reader.read(1000):
        writer.write(data)
    writer.close()


async def mute(reader, writer):
    with contextlib.suppress(ConnectionError):
        await reader.read()


def test_joining_takes_its_time_and_gives_addresses(bench):
    ms, addresses, rssi, status = bench.run("""
        say(timed(join)[1])
        say(wlan.ifconfig())
        say(wlan.status("rssi"))
        say(wlan.status())
        end()
        """)
    assert 1000 < ms < 5000
    assert addresses == ("192.168.1.50", "255.255.255.0", "192.168.1.1", "192.168.1.1")
    assert rssi == -60
    assert status == words.STAT_GOT_IP


TRY = """
    wlan.active(True)
    wlan.config(reconnects=0)
    def attempt(ssid, key, seconds=8):
        wlan.connect(ssid, key)
        time.sleep(seconds)
        return wlan.isconnected(), wlan.status()
    """


def test_why_there_is_no_connection(bench):
    bench.network.access_points += [
        AccessPoint("cafe", "87654321", wrong_password=words.STAT_WRONG_PASSWORD),
        AccessPoint("mute", dhcp=False, channel=11),
    ]
    said = bench.run(f"""{TRY}
    say(attempt("home", "wrong horse"))
    say(attempt("cafe", "wrong horse"))
    say(attempt("away", "whatever"))
    wlan.connect("home", "correct horse")
    say(wlan.status())
    time.sleep(8)
    say(wlan.status())
    wlan.disconnect()
    say(wlan.status())
    say(attempt("mute", ""))
    end()
    """)
    assert said == [
        (False, words.REASON_HANDSHAKE),
        (False, words.STAT_WRONG_PASSWORD),
        (False, words.STAT_NO_AP_FOUND),
        words.STAT_NO_AP_FOUND,  # of the attempt before: it stays until an address has come
        words.STAT_GOT_IP,
        words.STAT_IDLE,
        (False, words.STAT_IDLE),
    ]


def test_a_scan_holds_everything_up_and_a_hidden_network_has_no_name(bench):
    bench.network.access_points.append(AccessPoint("cellar", "12345678", rssi=-40, hidden=True))
    found, ms = bench.run("""
        wlan.active(True)
        found, ms = timed(wlan.scan)
        say([(each[0], each[3]) for each in found])
        say(ms)
        end()
        """)
    assert found == [(b"", -40), (b"home", -60)]
    assert ms > 2000
    assert bench.board.longest_stall_us > 2_000_000


def test_a_network_that_goes_is_missed_late_and_joined_again(bench):
    bench.start("""
        join()
        while True:
            say(wlan.isconnected())
            time.sleep(1)
        """)
    bench.board.at(10.2, lambda: setattr(bench.home.wifi, "up", False))
    bench.board.at(30.2, lambda: setattr(bench.home.wifi, "up", True))
    bench.board.run(45)
    said = bench.said()
    first = said.index(False)
    assert 12 < first < 16
    assert said[first:] == sorted(said[first:])  # and once it is back it stays


def test_a_question_to_a_silent_dns_stalls_the_board(bench):
    bench.home.names.addresses["server"] = SERVER
    bench.board.at(15, lambda: setattr(bench.home.names, "silent", True))
    said = bench.run("""
        join()
        say(timed(socket.getaddrinfo, "server", 80))
        say(timed(socket.getaddrinfo, "nobody", 80))
        time.sleep(15)
        say(timed(socket.getaddrinfo, "server", 80))
        end()
        """)
    assert said[0] == ([(2, 1, 0, "server", (SERVER, 80))], 20)
    assert said[1] == (-202, 20)
    assert said[2] == (-202, 14000)
    assert bench.board.longest_stall_us >= 14_000_000


def test_connections_that_come_about_or_do_not(bench):
    bench.serve(SERVER, 7, echo)
    bench.serve(SERVER, 9, echo).lost = True
    bench.serve(SERVER, 10, echo).refuses = True
    said = bench.run(f"""
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
    assert bench.board.longest_stall_us >= 18_000_000


def test_a_dead_connection_takes_what_its_buffer_holds(bench):
    """Nobody tells the board: the send buffer fills, then nothing more goes in."""
    route = bench.serve(SERVER, 7, mute)
    bench.start(f"""
        join()
        s = socket.socket()
        s.connect(("{SERVER}", 7))
        s.setblocking(False)
        while True:
            say(s.write(bytes(1000)))
            time.sleep(1)
        """)
    bench.board.run(8)
    assert set(bench.said()) == {1000}
    route.frozen = True
    bench.board.run(10)
    assert bench.said()[-10:] == [1000] * 5 + [760] + [None] * 4
    route.frozen = False
    bench.board.run(2)
    assert bench.said()[-1] == 1000
    route.drop()
    bench.board.run(1.5)
    assert "OSError: [Errno 104] ECONNRESET" in bench.console()


def test_a_stream_of_asyncio_does_not_hold_up_others(bench):
    bench.serve(SERVER, 7, echo)
    said = bench.run(f"""
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


def test_datagrams_to_the_time_server_and_the_names(bench):
    said = bench.run("""
        join()
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.settimeout(1)
        u.sendto(b"\\x23" + bytes(39) + b"12345678", ("203.0.113.123", 123))
        answer, end_of = u.recvfrom(100)
        say((len(answer), answer[24:32], end_of))
        say(int.from_bytes(answer[40:44], "big") - 2208988800)
        head, name = b"\\1\\2\\1\\0\\0\\1" + bytes(6), b"\\4pool\\3ntp\\3org\\0"
        u.sendto(head + name + b"\\0\\1\\0\\1", ("192.168.1.1", 53))
        say(u.recv(200)[-4:])
        u.sendto(b"x", ("192.168.1.99", 99))
        say(timed(u.recv, 10))
        end()
        """)
    assert said[0] == (48, b"12345678", ("203.0.113.123", 123))
    assert START < said[1] < START + 10
    assert said[2] == bytes((203, 0, 113, 123))
    assert said[3] == (words.ETIMEDOUT, 1000)


def test_a_server_on_the_board(bench):
    bench.start("""
        join()
        s = socket.socket()
        s.bind(("", 80))
        s.listen(1)
        c, end_of = s.accept()
        c.write(b"you said " + c.readline())
        c.close()
        end()
        """)
    bench.board.run(5)
    port = bench.network.port_of(80)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(b"hello\n")
        for _ in range(5):
            bench.board.run(0.1)
        assert client.recv(100) == b"you said hello\n"


CONNECT = b"\x10\x1b\x00\x04MQTT\x04\x26\x00\x0a\x00\x05board\x00\x01w\x00\x05gone!"
PUBLISH = b"\x31\x08\x00\x03a/bhey"


def test_the_broker_in_the_world_has_last_wills_and_a_power_cut_tells_nobody(bench):
    broker = bench.home.add_broker()
    bench.start(f"""
        join()
        s = socket.socket()
        s.connect(("192.168.1.10", 1883))
        s.write({CONNECT!r})
        say(s.read(4))
        s.write({PUBLISH!r})
        end()
        """)
    bench.board.run(6)
    assert bench.said() == [b"\x20\x02\x00\x00"]
    assert broker.retained() == {"a/b": b"hey"}
    assert [(topic, payload) for _, topic, payload in broker.published] == [("a/b", b"hey")]
    bench.board.power_off()
    bench.board.power_on()
    bench.network.names.silent = True
    bench.board.run(5)
    assert "w" not in broker.retained()
    bench.home.broker_route.refuses = True
    bench.board.run(15)
    assert broker.retained()["w"] == b"gone!"  # 1.5 keep-alives later


def test_somebody_else_publishes_and_the_broker_starts_anew(bench):
    broker = bench.home.add_broker({"house": "old mill"})
    user = CONNECT[:9] + b"\xe6" + CONNECT[10:] + b"\x00\x05house\x00\x08"
    user = bytes((user[0], user[1] + 17)) + user[2:]
    bench.start(f"""
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
    bench.board.at(10, lambda: broker.publish("a/b", b"birth"))
    bench.board.at(12, broker.stop)
    bench.board.run(15)
    assert bench.said() == [
        b"\x20\x02\x00\x05",
        b"\x20\x02\x00\x00",
        b"\x90\x03\x00\x01\x00",
        b"\x30\x0a\x00\x03a/bbirth"[:11],
        b"h",
    ]
    broker.start()
    assert broker.retained() == {}


def test_mosquitto_in_a_process_of_its_own(bench, tmp_path):
    if not Mosquitto.find():
        pytest.skip("mosquitto is not installed")
    bench.home.add_mosquitto(tmp_path)
    said = bench.run(f"""
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


def certificate(folder):
    """A server's certificate for the name broker and its key, as files, and the former as DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    day = datetime.timedelta(1)
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - day)
        .not_valid_after(now + 9 * day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("broker")]), False)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    kind = serialization.PrivateFormat.PKCS8
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption())
    )
    return (pem, private), made.public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("name", ["broker", "other"])
def test_tls_without_blocking(bench, tmp_path, name):
    files, authority = certificate(tmp_path)
    broker = bench.home.add_broker(certificate=files)
    bench.home.names.addresses["other"] = "192.168.1.10"
    said = bench.run(
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


@pytest.mark.parametrize("kind", KINDS)
def test_the_config_for_an_empty_flash_is_a_good_one(tmp_path, kind):
    plan = Plan(flash=tmp_path / "flash.img", bms=kind)
    rig = Rig(plan)
    try:
        text = config_of.write(plan, rig, tmp_path).read_text()
    finally:
        rig.board.close()
    assert config.parse(text)["packs"][0]["bms"] == kind


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
