"""Several Bluetooth links at once, letting go of a unit, and listing what is heard."""

import asyncio

from ble_bench import (
    ADDRESS,
    FRAME,
    OTHER,
    Listener,
    assert_free,
    assert_works,
    ble_radio,
    ble_scan,
    link_to,
    play,
    radio,
    short,
    until,
)

# Several links


def test_two_links_at_once():
    async def test():
        units = [radio.unit(ADDRESS, "one"), radio.unit(OTHER, "two", kind=1)]
        first, second = Listener(), Listener(device="two")
        await first.up()
        await second.up()
        for i in range(0, 300, 20):
            for n in (0, 1):
                units[n].notify(bytes([n]) + FRAME[i : i + 19])
        await until(lambda: len(first.got) == len(second.got) == 300)
        for i in range(0, 300, 20):
            assert first.got[i] == 0 and second.got[i] == 1
            assert first.got[i + 1] == second.got[i + 1] == FRAME[i]
        units[0].drop()
        await first.end()
        units[1].notify(b"still here")
        await until(lambda: second.got[300:] == b"still here")
        await second.cancel()
        assert_free(*units)

    play(test)


def test_a_link_that_fails_takes_nothing_from_the_one_that_has_its_handle_now():
    async def test():
        units = [radio.unit(ADDRESS), radio.unit(OTHER)]
        first, second = Listener(), Listener(address=OTHER)
        await first.up()
        await second.up()
        for unit, listener in ((units[1], second), (units[0], first)):
            unit.trouble.add("absent")
            unit.drop()
            await listener.end()
        units[1].trouble.clear()
        second.start()
        await second.up()
        assert units[1].handle == 0  # the first's, before
        first.start()
        with short("SEARCH"):
            assert (await first.end()).args[1] == "Not heard: app open?"
        units[1].notify(b"still here")
        await until(lambda: second.got == b"still here")
        await second.cancel()
        assert_free(*units)

    play(test)


def test_a_discovery_that_hangs_does_not_fail_the_next_link():
    async def test():
        stuck = radio.unit(ADDRESS)
        stuck.trouble.update(("hang characteristics", "slow"))
        radio.unit(OTHER)
        first, second = Listener(), Listener(address=OTHER)
        with short("FIND"):
            assert (await first.end()).args[1] == "No such service"
        assert stuck.handle is None
        await second.up()
        await second.cancel()

    play(test)


def test_the_radios_turn_has_a_time_out():
    async def test():
        await ble_radio.lock.acquire()
        listener = Listener()
        assert (await listener.end()).args[1] == "Radio busy"
        ble_radio.lock.release()
        assert_free()

    with short("TURN"):
        play(test)


# Letting go


def test_release_lets_somebody_else_in_for_so_long():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        await listener.up()
        listener.link.release(120)
        assert await listener.end() is None
        assert_free(unit)
        listener.start()
        await until(lambda: listener.link.state == "Released 2 min")
        await asyncio.sleep_ms(20)
        assert radio.scans == 1 and unit.handle is None
        await listener.cancel()
        listener.link.release(0)
        await assert_works(listener, unit)

    play(test)


def test_release_comes_to_an_end():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        listener.link.release(1)
        await until(lambda: listener.link.state == "Released 1 min")
        await listener.up()
        await listener.cancel()
        assert_free(unit)

    play(test)


def test_release_while_it_searches():
    async def test():
        unit = radio.unit(ADDRESS)
        unit.trouble.add("absent")
        listener = Listener()
        await until(lambda: radio._scanning)
        listener.link.release(60)
        assert await listener.end() is None
        assert_free(unit)

    play(test)


def test_shutdown_tells_every_unit():
    async def test():
        units = [radio.unit(ADDRESS), radio.unit(OTHER)]
        first, second = Listener(), Listener(address=OTHER)
        await first.up()
        await second.up()
        ended = []
        end = radio.end
        radio.end = lambda handle: (ended.append(handle), end(handle))
        try:
            ble_radio.shutdown()
        finally:
            radio.end = end
        assert len(ended) == 2
        assert not radio.active()
        for listener in (first, second):
            await listener.end()
        assert_free(*units)
        await assert_works(first, units[0])

    play(test)


def test_after_an_interrupted_loop_the_radio_is_free():
    async def interrupted():
        radio.unit(ADDRESS)
        radio.units[0].trouble.add("absent")
        Listener()
        await until(lambda: radio._scanning)
        raise KeyboardInterrupt

    async def afterwards():
        radio.unit(ADDRESS, "JK-B2A24S")
        assert await ble_scan.scan(0.02) == [(ADDRESS, "JK-B2A24S", -60, [0xFFE0], None)]

    try:
        play(interrupted)
    except KeyboardInterrupt:
        pass
    play(afterwards)


# Scanning


def test_scan_lists_what_it_hears():
    async def test():
        used = radio.unit(ADDRESS)
        listener = Listener()
        await listener.up()
        radio.unit(OTHER, "JK-B2A24S", kind=1, maker=b"\x65\x0b\x88\xa0")
        radio.unit("00:11:22:33:44:55", "lamp \x1b", service=0x180F, maker=b"\0\0\1")
        radio.unit("00:11:22:33:44:56", "short", maker=b"\x4c\0\0\0")
        found = await ble_scan.scan(0.05)
        assert sorted(found) == [
            ("00:11:22:33:44:55", "lamp ?", -60, [0x180F], 0),
            ("00:11:22:33:44:56", "short", -60, [0xFFE0], 0x4C),
            (OTHER, "JK-B2A24S", -60, [0xFFE0], 0x0B65),
        ]
        used.notify(b"still here")
        await until(lambda: listener.got == b"still here")
        await listener.cancel()
        assert_free(used)

    play(test)


def test_advertisements_that_make_no_sense_are_ignored():
    link = link_to(device="x")
    for advertisement in (b"", b"\0", b"\0\0\0", b"\xff\x09", b"\x05", b"\x02\x08", b"\x01\x09"):
        link._heard((0, b"\0" * 6, 0, -60, memoryview(advertisement)))
        assert link._target is None
    link._heard((1, b"\1" * 6, 0, -60, memoryview(b"\x02\x01\x06\x02\x08x")))
    assert link._target == (1, b"\1" * 6)
