"""The Bluetooth transport: how a link comes about, what it asks, that nothing it hears is lost."""

import asyncio
import gc
import sys

from ble_bench import (
    ADDRESS,
    ASK,
    FRAME,
    OTHER,
    Listener,
    aioble,
    assert_free,
    ble,
    ble_radio,
    fake,
    link_to,
    play,
    radio,
    short,
    until,
)

# What works


def test_by_address_it_asks_at_once_and_delivers():
    async def test():
        unit = radio.unit(ADDRESS, "JK-B2A24S")
        other = radio.unit(OTHER, "JK-B2A24S")
        listener = Listener(ASK)
        await listener.up()
        await until(lambda: unit.written)
        assert unit.written == [(ASK, False)]
        for i in range(0, 300, 20):
            unit.notify(FRAME[i : i + 20])
        await until(lambda: len(listener.got) >= 300)
        assert bytes(listener.got) == FRAME
        assert listener.link.counters == {"connects": 1, "overflows": 0}
        assert other.sessions == 0
        await listener.cancel()
        assert_free(unit, other)

    play(test)


def test_by_name_whatever_the_kind_of_address():
    async def test():
        radio.unit(OTHER, "JK-B2A24S-2")
        unit = radio.unit(ADDRESS, "JK-B2A24S\0 ", kind=1)  # some pad their names
        listener = Listener(device="JK-B2A24S")
        await until(lambda: listener.link.state == "Searching JK-B2A24S")
        await listener.up()
        assert unit.sessions == 1
        await listener.cancel()
        assert_free(*radio.units)

    play(test)


def test_what_it_does_is_told_in_20_characters():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener(address=ADDRESS)
        told = []
        while listener.asked == 0:
            if listener.link.state not in told:
                told.append(listener.link.state)
            await asyncio.sleep_ms(0)
        assert "Searching ..00:00:01" in told and "Connecting" in told and "Subscribing" in told
        assert max(len(each or "") for each in told) <= 20
        unit.drop()
        assert (await listener.end()).args[1] == listener.link.state == "Connection lost"
        for stage in (ble.TURN, ble.CONNECT, ble.FIND, ble.SUBSCRIBE, ble.SEARCH):
            assert len(stage[0]) <= 20 and len(stage[2]) <= 20

    play(test)


def test_characteristics_are_chosen_by_what_they_can_do():
    async def test(layout, answered, value):
        unit = radio.unit(ADDRESS, layout=layout)
        writes = []
        write = radio.gattc_write
        radio.gattc_write = lambda *args: (writes.append(args[1]), write(*args))
        try:
            listener = Listener(ASK)
            await listener.up()
            await until(lambda: unit.written)
        finally:
            radio.gattc_write = write
        assert unit.written == [(ASK, answered)]
        assert writes[-1] == value
        unit.notify(b"abc")
        await until(lambda: listener.got == b"abc")
        await listener.cancel()

    play(test, fake.ONE, False, 0x10)
    play(test, fake.ONE_ANSWERING, True, 0x10)
    play(test, fake.TWO, False, 0x10)
    play(test, fake.TWO_SWAPPED, False, 0x14)
    play(test, fake.ALIKE, False, 0x10)


def test_what_notifies_can_be_in_another_service():
    uuids = {"service": 0xFFE0, "write": 0xFFE1, "notify_service": 0xFFF0, "notify": 0xFFE1}

    async def test(second):
        unit = radio.unit(ADDRESS, layout=fake.IN_TWO_SERVICES)
        unit.second = second
        listener = Listener(ASK, address=ADDRESS, uuids=uuids)
        if second != 0xFFF0:
            assert (await listener.end()).args[1] == "No such service"
            return
        await listener.up()
        await until(lambda: unit.written)
        assert unit.written == [(ASK, False)]
        unit.notify(b"abc")
        await until(lambda: listener.got == b"abc")
        await listener.cancel()
        assert_free(unit)

    play(test, 0xFFF0)
    play(test, 0xFFF1)
    play(test, None)


def test_a_word_is_written_before_anything_is_asked():
    async def test(key, words):
        unit = radio.unit(ADDRESS)
        uuids = {"service": 0xFFE0, "write": 0xFFE1, "notify": 0xFFE1, "key": key, "word": "Hi"}
        listener = Listener(ASK, address=ADDRESS, uuids=uuids)
        await listener.up()
        await until(lambda: len(unit.written) > len(words))
        assert unit.written[: len(words) + 1] == words + [(ASK, False)]
        await listener.cancel()

    play(test, 0xFFE1, [(b"Hi", False)])
    play(test, 0xFFFA, [])  # a unit without that characteristic


def test_it_asks_every_second_and_long_questions_in_pieces():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener(ASK + ASK + b"!")
        await listener.up()
        await until(lambda: listener.asked == 2)
        assert unit.written[:3] == [(ASK, False), (ASK, False), (b"!", False)]
        await listener.cancel()

    with short("POLL_MS", 250):  # four looks a second
        play(test)


# Bursts


def test_bursts_of_small_notifications_lose_no_piece():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        await listener.up()
        expected = b""
        for n in range(40):
            frame = bytes([n]) + FRAME[1:]
            expected += frame
            for i in range(0, 300, 20):
                unit.notify(frame[i : i + 20])
            await until(lambda: len(listener.got) == len(expected))
        assert bytes(listener.got) == expected
        assert listener.link.counters["overflows"] == 0
        await listener.cancel()

    play(test)


def test_aiobles_own_queue_loses_pieces_of_a_burst():
    # Why the transport does not use it
    async def test():
        unit = radio.unit(ADDRESS)
        device = ble_radio._connecting = aioble.Device(0, ADDRESS)
        connection = await device.connect()
        service = await connection.service(fake.UUID(0xFFE0))
        characteristic = await service.characteristic(fake.UUID(0xFFE1))
        await characteristic.subscribe(notify=True)
        for i in range(0, 300, 20):
            unit.notify(FRAME[i : i + 20])
        assert await characteristic.notified() == FRAME[280:300]
        await connection.disconnect()

    try:
        play(test)
    finally:
        ble_radio._connecting = None


def test_a_full_ring_drops_whole_pieces_and_counts_them():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        await listener.up()
        for _ in range(25):
            unit.notify(FRAME[:100])  # 2500 bytes without a pause
        await until(lambda: len(listener.got) == 1000)
        assert listener.link.counters["overflows"] == 15
        for _ in range(50):  # around the ring
            before = len(listener.got)
            unit.notify(FRAME[:244])
            await until(lambda: len(listener.got) == before + 244)
            assert bytes(listener.got[before:]) == FRAME[:244]
        await listener.cancel()

    play(test)


def test_a_notification_allocates_nothing():
    if sys.implementation.name != "micropython":
        return
    link = link_to(ADDRESS)
    ble_radio.links[1 << 16 | 0x10] = link
    data = (1, 0x10, memoryview(FRAME)[:244])
    seen = [0]

    def feed(buffer, count):
        seen[0] += count

    ble_radio._irq(18, data)
    link._drain(feed)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(100):
        ble_radio._irq(18, data)
        link._drain(feed)
    after = gc.mem_alloc()
    ble_radio.links.clear()
    assert seen[0] == 101 * 244
    assert after == before, after - before


def test_other_notifications_are_left_to_aioble():
    link = link_to(ADDRESS)
    ble_radio.links[1 << 16 | 0x10] = link
    assert ble_radio._irq(18, (1, 0x11, b"other value")) is None
    assert ble_radio._irq(18, (2, 0x10, b"other connection")) is None
    assert link._head == 0
    assert ble_radio._irq(18, (1, 0x10, b"mine")) is True
    assert link._head == 4
    ble_radio.links.clear()


def test_after_many_reconnects_each_piece_still_comes_once():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        for n in range(5):
            await listener.up()
            unit.notify(bytes([n]))
            await until(lambda: len(listener.got) == n + 1)
            unit.drop()
            assert (await listener.end()).errno
            assert_free(unit)
            listener.start()
        await listener.up()
        assert bytes(listener.got) == b"\0\1\2\3\4"
        assert listener.link.counters["connects"] == 6
        await listener.cancel()

    play(test)


def test_what_came_before_the_end_is_delivered():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        await listener.up()
        unit.notify(FRAME[:200])
        unit.drop()
        await listener.end()
        assert bytes(listener.got) == FRAME[:200]

    play(test)


# MTU


def test_the_mtu_is_asked_for_and_does_not_matter():
    async def test(trouble, mtu):
        unit = radio.unit(ADDRESS)
        unit.trouble.add(trouble)
        listener = Listener()
        await listener.up()
        assert unit.mtu == mtu
        unit.notify(FRAME[:20])
        await until(lambda: bytes(listener.got) == FRAME[:20])
        await listener.cancel()

    play(test, "none", 247)
    play(test, "mtu_error", 23)


def test_a_unit_that_did_not_answer_the_mtu_is_not_asked_again():
    async def test():
        unit = radio.unit(ADDRESS)
        unit.trouble.add("mtu_silent")
        listener = Listener()
        assert (await listener.end()).args[1] == "Connecting failed"
        assert_free(unit)
        for session in (2, 3):  # the connection is of no use any more: the next one
            listener.start()
            await listener.up()
            assert unit.sessions == session and unit.mtu == 23
            unit.notify(FRAME[:20])
            await until(lambda n=session: len(listener.got) == 20 * (n - 1))
            unit.drop()
            await listener.end()
            unit.trouble.clear()

    with short("MTU_MS"):
        play(test)
