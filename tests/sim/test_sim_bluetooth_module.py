"""The virtual board's bluetooth module: scans, errors, events, as on an ESP32."""

import pytest
from tests.helpers.bluetooth_bench import IS_REAL, A, B, Benches

pytest.importorskip("bumble", reason="a simulated radio needs bumble, and Python 3.11")

from host_tools.sim.radio.bluetooth import PACKETS


@pytest.fixture
def bench(tmp_path):
    benches = Benches(tmp_path)
    yield benches
    benches.close()


def test_errors_have_an_esp32s_numbers(bench):
    script = """
address = [bytes.fromhex("c8478c00000" + str(n)) for n in range(7)]

async def main():
    show(error(ble.gap_scan, 1000), error(ble.config, "mac"))
    ble.active(True)
    show(error(ble.config, "mac"), error(ble.config, "mtu"))
    ble.gap_scan(0)
    show(error(ble.gap_scan, 1000))
    ble.gap_connect(0, address[6], 60000)
    show(error(ble.gap_connect, 0, address[1]), error(ble.gap_scan, 1000))
    ble.gap_connect(None)
    show(error(ble.gap_connect, None))
    for n in (1, 2, 3, 4):
        ble.gap_connect(0, address[n])
        await event(7)
    show(error(ble.gap_connect, 0, address[5]))
    ble.gap_disconnect(3)
    await event(8)
    await event(8)
    show(error(ble.gap_connect, 0, address[1]), error(ble.gattc_read, 3, 17))
    ble.gattc_discover_characteristics(0, 1, 65535)
    show(error(ble.gattc_discover_characteristics, 1, 1, 65535))
    await event(12)
    ble.gattc_discover_characteristics(1, 1, 65535)
    show((await event(12))[2], error(ble.gattc_discover_characteristics, 9, 1, 65535))
    ble.gattc_read(0, 9999)
    show((await event(16))[2], error(ble.gap_advertise, 100000))
    try:
        ble.config("rxbuf")
    except ValueError as e:
        show(str(e))
"""
    shown = bench(script, 5).run()
    assert shown == [
        (19, 19),
        ((0, bytes.fromhex("02005e100003")), 256),
        (120,),
        (120, 16),
        (120,),
        (12,),
        (5, -128),
        (16,),
        ((1, 0), -128),
        ((0, 9999, 0x101), 95),
        ("unknown config param",),
    ]


def test_what_an_event_carries_is_good_only_in_the_handler(bench):
    script = """
async def main():
    kept = []
    def keep(event, data):
        if event == 5:
            kept.append((data[1], data[4], bytes(data[1]), bytes(data[4])))
    ble.irq(keep)
    ble.active(True)
    ble.gap_scan(300, 30000, 30000)
    await asyncio.sleep(1)
    show([tuple([bytes(each) for each in entry]) for entry in kept[:1]])
"""
    [([(address, data, address_then, data_then)],)] = bench(script).run()
    assert address_then == bytes.fromhex("c8478c000001")
    assert data_then.startswith(b"\x02\x01\x06")
    assert address == b"\xa5" * 6
    assert data == b"\xa5" * len(data_then)


def test_an_error_in_the_handler_is_printed_and_takes_it_out(bench):
    script = """
async def main():
    calls = []
    def broken(event, data):
        calls.append(event)
        raise RuntimeError("in the handler")
    ble.irq(broken)
    ble.active(True)
    ble.gap_scan(1000, 30000, 30000)
    await asyncio.sleep(2)
    show(calls)
"""
    made = bench(script)
    with pytest.raises(AssertionError, match="Unhandled exception in IRQ callback handler"):
        made.run()
    assert "= ([5],)" in made.text


def test_ctrl_c_waits_for_the_handler(bench):
    script = """
calls = []

def slow(event, data):
    calls.append("begin")
    time.sleep_ms(80)
    calls.append("end")

async def listen():
    ble.irq(slow)
    ble.active(True)
    ble.gap_scan(0, 30000, 30000)
    while True:
        await asyncio.sleep(1)

try:
    asyncio.run(listen())
except KeyboardInterrupt:
    ble.irq(None)
    show(len(calls) > 10, calls.count("begin") == calls.count("end"))

async def main():
    pass
"""
    made = bench(script)
    made.board.at(2.05, lambda: setattr(made.board.console, "interrupted", True))
    assert made.run() == [(True, True)]


def test_uuids(bench):
    script = """
from bluetooth import UUID
async def main():
    short, long = UUID(0xFFE0), UUID("6E400001-B5A3-F393-E0A9-E50E24DCCA9E")
    show(bytes(short), str(short), str(long), bytes(long)[:2], bytes(UUID(b"\\1\\2\\3\\4")))
    show(short == UUID(b"\\xe0\\xff"), short == UUID(0xFFE1), short == b"\\xe0\\xff", short < long)
    show({short: 1}[UUID(short)], UUID(memoryview(long)) == long, UUID(1) < UUID(2))
    wrong = 0
    for value in (65536, -1, "6E40", "x" * 32):
        try:
            UUID(value)
        except ValueError:
            wrong += 1
    show(wrong)
"""
    one, two, three, wrong = bench(script).run()
    text = "UUID('6e400001-b5a3-f393-e0a9-e50e24dcca9e')"
    assert one == (b"\xe0\xff", "UUID(0xffe0)", text, b"\x9e\xca", b"\1\2\3\4")
    assert two == (True, False, False, True)
    assert three == (1, True, True)
    assert wrong == (4,)


def test_a_passive_scan_hears_the_service_and_an_active_one_the_name(bench):
    script = """
async def main():
    ble.active(True)
    for active in (False, True):
        ble.gap_scan(1000, 30000, 30000, active)
        await event(6)
        heard = [e[2] for e in events if e[1] == 5]
        show(len(heard), sorted(set(heard)))
        events.clear()
"""
    (passive, one), (active, two) = bench(script).run()
    advertisement = bytes.fromhex("0201060303e0ff09ff650bc8478c000001")
    address = bytes.fromhex("c8478c000001")
    assert one == [(0, address, 0, -60, advertisement)]
    assert two == [*one, (0, address, 4, -60, b"\x05\x09JK-0")]
    assert passive in range(8, 12)  # every 100 ms and a little more
    assert active in range(16, 22)


def test_a_scan_hears_only_what_comes_in_its_window(bench):
    script = """
async def main():
    ble.active(True)
    ble.gap_scan(100000, 1280000, 11250)
    await event(6, 200)
    show(len([e for e in events if e[1] == 5]))
"""
    [(heard,)] = bench(script).run()
    assert heard in range(3, 16)  # about 950 advertisements, and a window of 0.9 % of the time


@pytest.mark.skipif(not IS_REAL, reason="the stand-in for aioble does not scan: PACKLOG_AIOBLE")
def test_aioble_scans(bench):
    script = """
async def main():
    heard = {}
    async with aioble.scan(3000, 30000, 30000, active=True) as scanner:
        async for each in scanner:
            maker = list(each.manufacturer())
            services = list(each.services())
            if each.name() and maker and services:
                has = bluetooth.UUID(0xFFE0) in services
                heard[each.name()] = (each.device.addr_hex(), each.rssi, has, maker[0][0])
    show(heard)
"""
    [(heard,)] = bench(script, 2).run()
    assert heard == {"JK-0": (A, -60, True, 0x0B65), "JK-1": (B, -60, True, 0x0B65)}


def test_mtu_refused_and_asked_for_twice(bench):
    script = f"""
async def main():
    one = await connect("{A}")
    two = await connect("{B}")
    show(await one.exchange_mtu(247), error(ble.gattc_exchange_mtu, 0))
    try:
        await two.exchange_mtu(247)
    except asyncio.TimeoutError:
        await subscribe(two)
        await asyncio.sleep(3)
        show({{len(piece) for piece in pieces[1]}})
"""
    made = bench(script, 2)
    made.units[1].refuses_mtu = True
    (mtu, twice), (sizes,) = made.run()
    assert (mtu, twice) == (247, 120)
    assert sizes == {20}


def test_switched_off_the_radio_lets_go_of_its_units(bench):
    script = f"""
async def main():
    await subscribe(await connect("{A}"))
    ble.gap_scan(0)
    events.clear()
    ble.active(False)
    show([each[1:] for each in events], ble.active())
    ble.active(True)
    before = time.ticks_ms()
    ble.gap_connect(0, bytes.fromhex("c8478c000001"))
    await event(7)
    show(time.ticks_ms() - before)
"""
    made = bench(script)
    (ends, active), (again,) = made.run()
    assert ends == [(6, ()), (8, (0, 0, bytes.fromhex("c8478c000001")))]
    assert not active
    assert again < 300


def test_events_wait_while_the_flash_is_erased_and_too_many_are_lost(bench):
    script = f"""

async def main():
    global pieces
    pieces = None
    await subscribe(await connect("{A}"), 247)
    await asyncio.sleep(1)
    for size in (4096, 100000):
        before = time.ticks_ms()
        with open("big", "wb") as file:
            file.write(b"x" * size)
        show(time.ticks_ms() - before)
        await asyncio.sleep(1)
    show(sums[0][0])
"""
    made = bench(script, 1, sizes=20)
    (short,), (long,), (data,) = made.run()
    lost = made.rig.bluetooth.lost["packets"]
    assert short > 45
    assert long > 1_200  # two frames of 15 notifications or more came: there is room for 24
    assert lost >= 2 * 15 - PACKETS
    on_its_way = sum(len(data) for data in made.sent[0].all) - data - 20 * lost
    assert 0 <= on_its_way <= 320  # a frame, when the script ends
