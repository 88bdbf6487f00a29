"""The virtual board's memory model: a Python heap that grows, radios and sockets that need their
share.
"""

import pytest
from host_tools.sim.units import jk
from host_tools.sim.vm import chips
from tests.helpers.network_bench import JOIN, NetworkBench

BEFORE_MAIN = (
    JOIN.replace("wlan =", "# wlan =")
    + """
import bluetooth, gc, network, ssl
try:
    import esp32
except ImportError:
    esp32 = None
kept = []
def fill(kb):
    "Have so many KB of the heap in use."
    gc.collect()
    while gc.mem_alloc() < kb * 1024:
        kept.append([None] * 200)
    time.sleep_ms(1)
def idf():
    regions = esp32.idf_heap_info(esp32.HEAP_DATA)
    return sum([each[1] for each in regions]), max([each[2] for each in regions])
def error(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except Exception as error:
        return type(error).__name__, str(error)
    return None
"""
)
NO_WIFI = ("OSError", "WiFi Out of Memory")


@pytest.fixture
def bench(tmp_path):
    made = []

    def make(chip="wroom", micropython="1.28"):
        made.append(NetworkBench(tmp_path, chip=chip, micropython=micropython))
        made[0].before_main = BEFORE_MAIN
        jk.add(made[0].rig, "JK-SIM", 1)
        return made[0]

    yield make
    for each in made:
        each.close()


def run(bench, main):
    """What it said, and (KB of the heap's areas, what made the difference) of each event."""
    said = bench.run(main)
    return said, [(each.heap // 1024, each.what or "grew") for each in bench.board.memory.events]


def test_the_heap_doubles_and_then_takes_the_largest_block(bench):
    said, events = run(
        bench(),
        """
say(idf())
fill(48)
say(idf())
fill(60)
say(idf())
fill(120)
say(idf())
kept.clear()
gc.collect()
say(idf())
end()
""",
    )
    assert said[0] == (153 * 1024, 112128)  # 83 + 15 + 111 KB, 56 of the first are the heap
    assert said[1] == said[0]
    assert said[2] == (97 * 1024, 54784)
    assert said[3] == ((97 * 1024 - 54784), 27648 - 1536)
    assert said[4] == said[3]  # nothing is given back
    assert events == [(112, "grew"), (165, "grew")]


def test_what_gc_says_is_in_bytes_of_the_chip_and_counts_the_largest_block_in(bench):
    said, _ = run(
        bench(),
        """
gc.collect()
before = gc.mem_alloc(), gc.mem_free()
kept.append([None] * 2560)  # 10 KB on a chip, 20 here
gc.collect()
say((before, gc.mem_alloc(), gc.mem_free(), idf()[1]))
end()
""",
    )
    (((alloc, free), more, less, largest),) = said
    usable = 56 * 1024 * 125 // 128
    assert abs(alloc + free - usable - largest) < 200  # each asks anew
    assert abs(more + less - usable - largest) < 200
    assert abs(more - alloc - 20480 * 100 / chips.SCALE) < 400
    assert chips.BOOT <= alloc < 30000


@pytest.mark.parametrize(
    ("chip", "switch_on", "least", "most"),
    [
        ("wroom", "", 190, 205),
        ("wroom", "network.WLAN(0)", 140, 155),
        ("wroom", "bluetooth.BLE().active(True)", 150, 170),
        ("wroom", "network.WLAN(0), bluetooth.BLE().active(True)", 100, 115),
        ("c3", "network.WLAN(0)", 140, 155),
        ("s3", "", 230, 250),
    ],
)
def test_a_memory_error_comes_where_it_comes_on_the_chip(bench, chip, switch_on, least, most):
    said, _ = run(
        bench(chip),
        f"""
{switch_on}
try:
    while True:
        had = gc.mem_alloc()
        kept.append([None] * 100)
        time.sleep_ms(1)
except MemoryError:
    kept.clear()
say(had)
end()
""",
    )
    assert least <= said[0] / 1024 <= most


def test_a_radio_first_leaves_the_heap_less(bench):
    said, events = run(
        bench(),
        """
wlan = network.WLAN(network.STA_IF)
fill(120)
join()
say((wlan.isconnected(), idf()))
end()
""",
    )
    assert events == [(56, "wifi"), (112, "grew"), (152, "grew")]
    assert said == [(True, (1536, 0))]


def test_wifi_after_the_third_growth_fails_until_a_reset(bench):
    said, events = run(
        bench(),
        """
fill(120)
say(error(network.WLAN, 0))
kept.clear()
gc.collect()
say(error(network.WLAN, 0))
end()
""",
    )
    assert said == [NO_WIFI, NO_WIFI]
    assert (165, "wifi") in events


def test_before_1_26_it_was_a_runtime_error(bench):
    said, _ = run(
        bench(micropython="1.25"),
        """
fill(120)
say(error(network.WLAN, 0))
say(sum([each[0] for each in esp32.idf_heap_info(esp32.HEAP_DATA)]))
end()
""",
    )
    text = "Wifi Unknown Error 0x0101"
    assert said == [("RuntimeError", text), 190 * 1024]


def test_ble_without_its_memory(bench):
    said, _ = run(
        bench(),
        """
fill(175)
say(error(bluetooth.BLE().active, True))
end()
""",
    )
    assert said == [("OSError", "[Errno 12] ENOMEM")]


def test_before_1_28_ble_without_its_memory_was_a_panic(bench):
    board = bench(micropython="1.27")
    said, _ = run(
        board,
        """
import machine
say(machine.reset_cause())
if machine.reset_cause() == machine.HARD_RESET:
    end()
fill(175)
bluetooth.BLE().active(True)
""",
    )
    assert said == [1, 2]
    assert "Guru Meditation" in board.console()


def test_ble_gives_its_memory_back(bench):
    said, _ = run(
        bench(),
        """
before = idf()
ble = bluetooth.BLE()
ble.active(True)
say(before[0] - idf()[0])
ble.active(False)
say(before == idf())
end()
""",
    )
    assert said == [40 * 1024, True]


def test_sockets_and_tls_need_memory_at_that_moment(bench):
    said, _ = run(
        bench(),
        """
wlan = network.WLAN(network.STA_IF)
join()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
def secure():
    "Another connection."
    ends.append(context.wrap_socket(socket.socket(), do_handshake_on_connect=False))
ends = []
say(idf()[0] // 1024)
say((error(secure), error(secure), error(secure), idf()[0] // 1024))
say((error(socket.socket), error(socket.socket), idf()[0] // 1024))
ends.pop().close()
say((error(socket.socket), idf()[0] // 1024))
end()
""",
    )
    assert said[0] == 98  # KB: 209 less the heap's 56 and WiFi's 55
    assert said[1] == (None, None, ("OSError", "[Errno 12] ENOMEM"), 7)
    assert said[2] == (None, ("OSError", "[Errno 105] ENOBUFS"), 2)
    assert said[3] == (None, 40)


def test_without_a_chip_nothing_is_modelled(bench):
    board = bench(None)
    said = board.run("""
say(esp32 is None and gc.mem_free() > 200000)
end()
""")
    assert said == [True]
    assert board.board.memory.events == []
