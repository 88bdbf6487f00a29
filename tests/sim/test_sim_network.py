"""The virtual board's WiFi against what an ESP32 does, and the servers for names and time."""

from host_tools.sim.network.wifi import AccessPoint
from host_tools.sim.vm import network_words as words
from tests.helpers.network_bench import SERVER, START


def test_joining_takes_its_time_and_gives_addresses(net_bench):
    ms, addresses, rssi, status = net_bench.run("""
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


def test_why_there_is_no_connection(net_bench):
    net_bench.network.access_points += [
        AccessPoint("cafe", "87654321", wrong_password=words.STAT_WRONG_PASSWORD),
        AccessPoint("mute", dhcp=False, channel=11),
    ]
    said = net_bench.run(f"""{TRY}
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


def test_a_scan_holds_everything_up_and_a_hidden_network_has_no_name(net_bench):
    net_bench.network.access_points.append(AccessPoint("cellar", "12345678", rssi=-40, hidden=True))
    found, ms = net_bench.run("""
        wlan.active(True)
        found, ms = timed(wlan.scan)
        say([(each[0], each[3]) for each in found])
        say(ms)
        end()
        """)
    assert found == [(b"", -40), (b"home", -60)]
    assert ms > 2000
    assert net_bench.board.longest_stall_us > 2_000_000


def test_a_network_that_goes_is_missed_late_and_joined_again(net_bench):
    net_bench.start("""
        join()
        while True:
            say(wlan.isconnected())
            time.sleep(1)
        """)
    net_bench.board.at(10.2, lambda: setattr(net_bench.home.wifi, "up", False))
    net_bench.board.at(30.2, lambda: setattr(net_bench.home.wifi, "up", True))
    net_bench.board.run(45)
    said = net_bench.said()
    first = said.index(False)
    assert 12 < first < 16
    assert said[first:] == sorted(said[first:])  # and once it is back it stays


def test_a_question_to_a_silent_dns_stalls_the_board(net_bench):
    net_bench.home.names.addresses["server"] = SERVER
    net_bench.board.at(15, lambda: setattr(net_bench.home.names, "silent", True))
    said = net_bench.run("""
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
    assert net_bench.board.longest_stall_us >= 14_000_000


def test_datagrams_to_the_time_server_and_the_names(net_bench):
    said = net_bench.run("""
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
