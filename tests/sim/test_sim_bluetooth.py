"""JK units around the virtual board: what they send arrives, and what can go wrong does."""

import zlib

import pytest
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.units import jk, jk_wire
from tests.helpers.bluetooth_bench import ON_THE_BOARD, A, B, Benches, C, image, shown


@pytest.fixture
def bench(tmp_path):
    benches = Benches(tmp_path)
    yield benches
    benches.close()


@pytest.mark.parametrize(
    ("mtu", "module", "sizes"),
    [
        (0, {}, {20}),
        (0, {"two_characteristics": True}, {20}),
        (247, {}, {244, 76}),  # 20 more stand behind two frames of 300 bytes
        (247, {"sizes": 20, "per_event": 1, "interval_s": 0.0075}, {20}),
        (247, {"sizes": (20, 244), "per_event": 99}, None),
        (247, {"mtu": 100}, {97, 29}),
    ],
)
def test_every_byte_arrives_in_pieces_as_the_module_makes_them(bench, mtu, module, sizes):
    script = f"""
async def main():
    connection = await connect("{A}")
    found = await subscribe(connection, {mtu})
    show([each.properties for each in found])
    await asyncio.sleep(5.4)
    show(pieces[0])
"""
    made = bench(script, 1, **module)
    (properties,), (pieces,) = made.run()
    assert sorted(properties) == ([4, 16] if module.get("two_characteristics") else [20])
    assert b"".join(pieces) == b"".join(made.sent[0].all)
    assert len(b"".join(pieces)) > 3000
    frames = {len(data) for data in made.sent[0].all}
    assert frames == {300, 320}
    if sizes:
        full = max(sizes)
        assert {len(piece) for piece in pieces} - {0} <= sizes | {n % full for n in frames}
    else:
        assert len({len(piece) for piece in pieces}) > 10
        assert all(1 <= len(piece) <= 244 for piece in pieces)


def test_three_units_at_once(bench):
    script = f"""
async def main():
    for address in {(A, B, C)}:
        await subscribe(await connect(address), 247)
    await asyncio.sleep(5.4)
    show(pieces)
"""
    made = bench(script, 3)
    [(pieces,)] = made.run()
    for handle, sent in enumerate(made.sent):
        assert b"".join(pieces[handle]) == b"".join(sent.all)
    assert made.rig.bluetooth.lost == {"packets": 0, "reports": 0}


def test_a_dropped_link_is_told_at_once_and_the_unit_is_free_again(bench):
    script = f"""
async def main():
    connection = await connect("{A}")
    await subscribe(connection)
    at, _, fields = await event(8)
    show(at, fields, connection.is_connected())
    await subscribe(await connect("{A}"))
    show(time.ticks_ms())
    await asyncio.sleep(3)
"""
    made = bench(script)
    made.board.at(10, made.units[0].drop)
    (at, fields, connected), (again,) = made.run()
    assert 10_000 <= at <= 10_100
    assert fields == (0, 0, bytes.fromhex("c8478c000001"))
    assert not connected
    assert again < 12_000
    assert made.sent[0].ahead_s < 0.251


def test_a_unit_out_of_reach_is_missed_after_the_supervision_time_out(bench):
    script = f"""
async def main():
    connection = await connect("{A}")
    await subscribe(connection)
    show((await event(8))[0])
    try:
        await aioble.Device(0, "{A}").connect(6000, 4000)
    except asyncio.TimeoutError:
        show(await event(8))
    await asyncio.sleep(10)
    await connect("{A}")
    show(time.ticks_ms())
"""
    made = bench(script)
    unit = made.units[0]
    made.board.at(10, lambda: setattr(unit, "in_range", False))
    made.board.at(20, lambda: setattr(unit, "in_range", True))
    (at,), ((failed_at, _, fields),), (again,) = made.run()
    assert at in range(12_560, 12_600)
    assert fields == (0xFFFF, 0xFF, bytes(6))
    assert failed_at - at in range(4_000, 4_100)
    assert again < 29_000


def test_a_short_gap_is_no_lost_link_and_loses_nothing(bench):
    script = f"""
async def main():
    global pieces
    pieces = None
    arrived = [0, 0]  # the last notification, and the longest time between two
    def when(event, data):
        if event == 18:
            now = time.ticks_ms()
            arrived[1] = max(arrived[1], arrived[0] and now - arrived[0])
            arrived[0] = now
    core.register_irq_handler(when, None)
    await subscribe(await connect("{A}"))
    await asyncio.sleep(15)
    show([e for e in events if e[1] == 8], arrived[1], *sums[0])
"""
    made = bench(script)
    unit = made.units[0]
    made.board.at(10, lambda: setattr(unit, "in_range", False))
    made.board.at(12, lambda: setattr(unit, "in_range", True))
    [(ends, longest, size, checksum)] = made.run()
    assert ends == []
    assert longest in range(1_900, 2_600)
    assert checksum == zlib.crc32(b"".join(made.sent[0].all)[:size])
    assert size > 20 * 300


@pytest.mark.parametrize(
    ("refuses", "first", "after_ms"),
    [("drops", 7, range(1, 150)), ("half-open", 7, range(300, 320)), ("deaf", 8, range(0, 1))],
)
def test_a_unit_that_refuses(bench, refuses, first, after_ms):
    script = f"""
async def main():
    ble.active(True)
    ble.gap_connect(0, bytes.fromhex("{A}".replace(":", "")), 5000)
    begun = time.ticks_ms()
    await asyncio.sleep(10)
    show(begun, events)
    show(error(ble.gap_disconnect, 0))
"""
    made = bench(script)
    made.units[0].refuses = refuses
    (begun, events), (error,) = made.run()
    assert [events[0][1], events[-1][1]] == [first, 8]
    assert events[-1][0] - events[0][0] in after_ms
    if refuses == "deaf":
        assert events[0][2] == (0xFFFF, 0xFF, bytes(6))
        assert events[0][0] - begun in range(4_999, 5_002)
    assert error == -128  # NimBLE's table of errors has no room for ENOTCONN


def test_a_hung_unit_ends_a_discovery_after_thirty_seconds_and_then_the_link(bench):
    script = f"""
async def main():
    await connect("{A}")
    ble.gattc_discover_services(0)
    show(time.ticks_ms(), await event(10), await event(8))
"""
    made = bench(script)
    made.units[0].hung = True
    [(begun, (done, _, status), (ended, _, _))] = made.run()
    assert status == (0, 13)
    assert done - begun in range(30_000, 30_010)
    assert ended - done <= 60


def test_a_unit_that_hangs_stays_connected_and_says_nothing(bench):
    script = f"""
async def main():
    connection = await connect("{A}")
    await subscribe(connection)
    for _ in range(2):
        await asyncio.sleep(30)
        show(time.ticks_ms(), connection.is_connected(), *sums[0])
"""
    made = bench(script)
    made.board.at(10, lambda: setattr(made.units[0], "hung", True))
    (_, *one), (_, *two) = made.run()
    assert one == two
    assert one[0]


def test_a_discovery_ends_with_its_link(bench):
    script = f"""
async def main():
    await connect("{A}")
    ble.gattc_discover_characteristics(0, 1, 65535)
    await asyncio.sleep(5)
    show([each[1:] for each in events if each[1] in (8, 12)])
    events.clear()
    await connect("{B}")
    ble.gattc_discover_characteristics(0, 1, 65535)
    show((await event(12))[2])
"""
    made = bench(script, 2)
    made.units[0].hung = True
    made.board.at(2, made.units[0].drop)
    (ends,), (other,) = made.run()
    assert ends == [(12, (0, 7)), (8, (0, 0, bytes.fromhex("c8478c000001")))]
    assert other == (0, 0)


def test_a_taken_unit_is_not_heard(bench):
    script = """
async def main():
    ble.active(True)
    for _ in range(2):
        ble.gap_scan(2000, 30000, 30000)
        await event(6)
        show(len(events))
        events.clear()
"""
    made = bench(script)
    made.units[0].taken = True
    made.board.at(2.05, lambda: setattr(made.units[0], "taken", False))
    (none,), (some,) = made.run()
    assert none == 0
    assert some > 10


@pytest.mark.parametrize("holds_s", [2.56, 20])
def test_after_a_power_cut_the_unit_is_free_when_it_has_missed_the_board(bench, holds_s):
    script = f"""
async def main():
    await subscribe(await connect("{A}", 30000))
    show(time.ticks_ms())
    await asyncio.sleep(5)
"""
    made = bench(script)
    made.units[0].holds_s = holds_s
    made.board.at(3, made.board.power_off)
    made.board.power_on()
    made.board.run_until(3.1)
    assert not made.board.powered
    assert made.units[0].connected
    made.board.power_on()
    (first,), (second,) = made.run()
    assert first < 2_000
    assert 1000 * holds_s - 100 < second < 1000 * holds_s + 2_000


def test_a_jk_beside_a_wired_bms(tmp_path):
    script = f"""
async def main():
    await subscribe(await connect("{A}"), 247)
    wire = machine.UART(2, 115200, rx=16, rxbuf=1024)
    await asyncio.sleep(4)
    show(sums[0][0] > 1500, wire.any() > 80)
"""
    main = f"import machine\n{ON_THE_BOARD}\n{script}\nasyncio.run(main())\n"
    rig = Rig(Plan(flash=image(tmp_path / "flash.img", {"/main.py": main}), speed=0))
    try:
        assert rig.bluetooth is None
        jk.add(rig, "JK-24", seed=1, layout="24S")
        rig.board.power_on()
        assert shown(rig) == [(True, True)]
    finally:
        rig.board.close()


def test_a_capture_is_played_through_the_air(tmp_path):
    frames = [jk_wire.cell_frame("32S", [3300 + n] * 16, counter=n) for n in range(3)]
    capture = tmp_path / "capture.bin"
    capture.write_bytes(jk_wire.device_frame() + b"".join(frames))
    script = f"""
async def main():
    await subscribe(await connect("{A}"), 247)
    await asyncio.sleep(12)
    show(b"".join(pieces[0]))
"""
    main = f"{ON_THE_BOARD}\n{script}\nasyncio.run(main())\n"
    flash = image(tmp_path / "flash.img", {"/main.py": main})
    rig = Rig(Plan(flash=flash, bms="jk", capture=capture, speed=0))
    try:
        rig.board.power_on()
        [(data,)] = shown(rig)
    finally:
        rig.board.close()
    assert rig.pack is None
    assert data.count(frames[0]) in (2, 3)  # over and over: four readings take four seconds
    assert frames[0] + frames[1] + frames[2] in data


@pytest.mark.slow
def test_three_units_for_an_hour(bench):
    script = f"""
async def main():
    global pieces
    pieces = None
    for address in {(A, B, C)}:
        await subscribe(await connect(address), 247)
    await asyncio.sleep(3600)
    show(sums)
"""
    made = bench(script, 3, sizes=20)
    [(sums,)] = made.run(4000)
    for handle, sent in enumerate(made.sent):
        data = b"".join(sent.all)
        size, checksum = sums[handle]
        assert len(data) - size <= 320  # what is sent while the script ends
        assert checksum == zlib.crc32(data[:size])
        assert size > 3600 * 2 * 300
    assert made.rig.bluetooth.lost == {"packets": 0, "reports": 0}
