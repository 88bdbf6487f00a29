"""What can go wrong with a Bluetooth link at each stage, and with the radio: it ends with LinkLost,
the unit is free afterwards, the next attempt works.
"""

import asyncio

from ble_bench import (
    ADDRESS,
    ASK,
    OTHER,
    STAGES,
    Listener,
    aioble,
    assert_free,
    assert_works,
    ble_radio,
    fake,
    play,
    radio,
    short,
    until,
)

# What can go wrong


def fails(trouble, message, runs_off=None, layout=fake.ONE, ask=b""):
    """With this trouble run() ends so (after that timeout); the unit is free, and the next time
    works.
    """

    async def test():
        unit = radio.unit(ADDRESS, layout=layout)
        unit.trouble.add(trouble)
        listener = Listener(ask)
        if runs_off:
            with short(runs_off):
                lost = await listener.end()
        else:
            lost = await listener.end()
        assert isinstance(lost, OSError) and isinstance(lost.errno, int)
        assert lost.args[1] == listener.link.state == message, lost
        assert_free(unit)
        listener.ask = b""
        await assert_works(listener, unit)

    play(test)


def test_a_unit_that_is_not_there():
    fails("absent", "Not heard: app open?", "SEARCH")


def test_connecting_is_refused_or_never_answered():
    fails("refuse", "Connecting failed", "CONNECT")
    fails("silent", "Connecting failed", "CONNECT")


def test_a_connection_that_ends_at_once():
    fails("vanish", "No such service")


def test_a_stage_that_hangs():
    fails("hang services", "No such service", "FIND")
    fails("hang characteristics", "No such service", "FIND")
    fails("hang descriptors", "Subscribing failed", "SUBSCRIBE")
    fails("hang subscribe", "Subscribing failed", "SUBSCRIBE")
    fails("hang write", "Connection lost", "WRITE_MS", fake.ONE_ANSWERING, ASK)


def test_a_connection_lost_during_a_stage():
    fails("drop mtu", "Connecting failed")
    fails("drop services", "No such service")
    fails("drop characteristics", "No such service")
    fails("drop descriptors", "Subscribing failed")
    fails("drop subscribe", "Subscribing failed")
    fails("drop write", "Connection lost", None, fake.ONE_ANSWERING, ASK)


def test_a_device_that_is_no_such_bms():
    async def test(**what):
        unit = radio.unit(ADDRESS, **what)
        listener = Listener()
        assert (await listener.end()).args[1] == "No such service"
        assert_free(unit)

    play(lambda: test(layout=fake.NO_NOTIFY))
    play(lambda: test(service=0x180F))


def test_an_end_that_is_never_told_does_not_hold_anybody():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        await listener.up()
        unit.trouble.add("linger")
        await listener.cancel()
        assert not ble_radio.links and not ble_radio.lock.locked()
        await until(
            lambda: not ble_radio.DeviceConnection._connected
        )  # aioble has forgotten it, too
        unit.trouble.clear()
        unit.drop()
        await assert_works(listener, unit)

    with short("CLOSE_MS"):
        play(test)


def test_cancelled_during_each_stage():
    def cancel_at(trouble, reached, ask=b"", layout=fake.ONE):
        async def test():
            unit = radio.unit(ADDRESS, layout=layout)
            unit.trouble.add(trouble)
            listener = Listener(ask)
            await until(lambda: reached(listener.link, unit))
            await asyncio.sleep_ms(10)
            await listener.cancel()
            assert_free(unit)
            listener.ask = b""
            await assert_works(listener, unit)

        play(test)

    cancel_at("absent", lambda link, unit: radio._scanning)
    cancel_at("silent", lambda link, unit: radio._connecting)
    for stage in STAGES:
        cancel_at("hang " + stage, lambda link, unit: unit.handle is not None)
    cancel_at("mtu_silent", lambda link, unit: unit.mtu == 247)
    cancel_at("none", lambda link, unit: link.state is None and unit.handle is not None)
    cancel_at("hang write", lambda link, unit: unit.written, ASK, fake.ONE_ANSWERING)


def test_cancelled_while_another_link_has_the_radio():
    async def test():
        unit = radio.unit(ADDRESS)
        absent = Listener(address=OTHER)
        await until(lambda: radio._scanning)
        waiting = Listener()
        await until(lambda: waiting.link.state == "Waiting for radio")
        await asyncio.sleep_ms(5)
        await waiting.cancel()
        assert ble_radio.lock.locked() and unit.sessions == 0
        await absent.cancel()
        await assert_works(waiting, unit)

    play(test)


def test_cancelled_at_any_moment():
    async def test(step):
        unit = radio.unit(ADDRESS)
        listener = Listener(ASK)
        for _ in range(step):
            await asyncio.sleep_ms(0)
        await listener.cancel()
        assert_free(unit)
        await asyncio.sleep_ms(8)  # what is under way arrives
        assert_free(unit)

    async def all_steps():
        for step in range(1, 150, 3):
            radio.units.clear()
            await test(step)

    play(all_steps)


def test_a_connection_that_nobody_waits_for_is_ended():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener(address=OTHER)
        with short("SEARCH"):
            await listener.end()
        radio.gap_connect(0, unit.address)
        await until(lambda: unit.sessions == 1)
        assert unit.handle is None

    play(test)


# The radio itself


def test_a_radio_that_was_switched_off_is_switched_on_again():
    async def test(off):
        unit = radio.unit(ADDRESS)
        listener = Listener()
        await listener.up()
        off()
        assert (await listener.end()).args[1] == "Connection lost"
        assert_free(unit)
        await assert_works(listener, unit)

    play(test, aioble.stop)
    play(test, lambda: radio.active(False))


def test_a_radio_that_goes_off_during_a_stage():
    async def test(stage, off):
        unit = radio.unit(ADDRESS)
        unit.trouble.add("hang " + stage)
        listener = Listener()
        await until(lambda: unit.handle is not None)
        await asyncio.sleep_ms(10)
        off()
        with short("CLOSE_MS"):
            await listener.end()
        assert_free(unit)
        await assert_works(listener, unit)

    for stage in STAGES:
        play(test, stage, aioble.stop)
    with short("FIND", 200):  # of this nobody is told
        play(test, "services", lambda: radio.active(False))


def test_a_radio_that_tells_nothing_is_started_again():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        radio.lost.update((5, 6))
        with short("SEARCH"):
            assert (await listener.end()).args[1] == "Not heard: app open?"
        assert not radio.active()
        radio.lost.clear()
        await assert_works(listener, unit)

    play(test)


def test_a_radio_that_goes_off_while_it_connects():
    async def test():
        unit = radio.unit(ADDRESS)
        unit.trouble.add("silent")
        listener = Listener()
        await until(lambda: radio._connecting)
        aioble.stop()
        with short("CLOSE_MS"):
            assert (await listener.end()).args[1] == "Connecting failed"
        await assert_works(listener, unit)

    with short("CONNECT", 200):
        play(test)


def test_a_scan_that_the_radio_refuses_starts_it_again():
    async def test():
        unit = radio.unit(ADDRESS)
        radio.active(True)
        radio.gap_connect(0, bytes(6))  # somebody's attempt that never ends
        listener = Listener()
        assert (await listener.end()).args[1] == "Bluetooth failed"
        await assert_works(listener, unit)

    play(test)


def test_a_handler_that_failed_is_set_again():
    async def test():
        unit = radio.unit(ADDRESS)
        listener = Listener()
        await listener.up()
        radio.handler = None  # as MicroPython does when one has failed
        with short("CLOSE_MS"):
            await listener.cancel()
        await assert_works(listener, unit)

    play(test)
