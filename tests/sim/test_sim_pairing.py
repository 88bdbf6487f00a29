"""The virtual radio pairs as MicroPython's NimBLE does it as a central: calls, errors, events."""

import pytest

pytest.importorskip("bumble", reason="a simulated radio needs bumble, and Python 3.11")

from tests.helpers.bluetooth_bench import A, Benches

SECRETS = """
secrets = {}
asked = []

def keep(event, data):
    if event == 29:
        asked.append((data[0], data[1], bytes(data[2])))
        return secrets.get((data[0], bytes(data[2])))
    if event == 30:
        secrets[data[0], bytes(data[1])] = bytes(data[2])
        return True

core._irq_handlers = getattr(core, "_irq_handlers", None) or core._on_event
core._irq_handlers.insert(0, keep)

async def offer(number, action=2, count=400):
    for n in range(count):
        found = error(ble.gap_passkey, 0, action, number)
        if found is None or found == 2:
            return n, found
        await asyncio.sleep_ms(30)
    return n, found

async def refused(connection):
    try:
        await subscribe(connection)
    except core.GattError as e:
        return e._status
"""
KEY = bytes((0, 1, 0, 0, 0x8C, 0x47, 0xC8))


@pytest.fixture
def bench(tmp_path):
    benches = Benches(tmp_path)
    yield lambda script, **module: benches(SECRETS + script, 1, **module)
    benches.close()


def test_a_passkey_is_offered_until_it_is_taken(bench):
    script = f"""
async def main():
    ble.config(bond=True, mitm=True, le_secure=True, io=2)
    connection = await connect("{A}")
    show(await refused(connection), error(ble.gap_passkey, 0, 2, 12345))
    ble.gap_pair(0)
    show(error(ble.gap_pair, 0), error(ble.gap_passkey, 0, 2, 12345))
    tries, found = await offer(12345)
    show(tries > 3, found)
    show((await event(28))[2], [each[1] for each in events if each[1] == 31])
    await asyncio.sleep_ms(500)
    show(asked, sorted(key for key in secrets))
    show(await refused(connection))
    await asyncio.sleep(2)
    show(len(pieces[0]) > 0)
    await connection.disconnect()
    connection = await connect("{A}")
    ble.gap_pair(0)
    show(await offer(12345), (await event(28))[2])
    show(await refused(connection), len(asked))
"""
    made = bench(script, wants="pin", passkey=12345)
    assert made.run() == [
        (271, 2),  # not encrypted; there is nothing to pair
        (120, 22),  # it pairs already; not yet
        (True, None),
        ((0, 1, 1, 1, 16), []),
        (2 * [(2, 0, KEY)], [(1, KEY), (2, KEY)]),
        (None,),
        (True,),
        ((0, 2), (0, 1, 1, 1, 16)),  # the bond: no passkey is wanted
        (None, 3),
    ]


def test_a_wrong_passkey_and_a_bond_that_was_forgotten_leave_the_link_up(bench):
    script = f"""
async def main():
    ble.config(bond=True, mitm=True, le_secure=True, io=2)
    connection = await connect("{A}")
    ble.gap_pair(0)
    show(await offer(54321), (await event(28))[2], connection.is_connected(), len(secrets))
    ble.gap_pair(0)
    show((await offer(12345))[1], (await event(28))[2])
    await asyncio.sleep_ms(500)
    await connection.disconnect()
    await asyncio.sleep(60)
    connection = await connect("{A}")
    ble.gap_pair(0)
    show((await event(28))[2], connection.is_connected(), await refused(connection))
"""
    made = bench(script, wants="pin", passkey=12345)
    made.board.at(40, lambda: setattr(made.units[0], "bond", None))
    (offered, told, is_up, kept), *rest = made.run()
    assert offered[1] is None and (told, is_up, kept) == ((0, 0, 0, 0, 0), True, 0)
    assert rest == [(None, (0, 1, 1, 1, 16)), ((0, 0, 0, 0, 0), True, 271)]


def test_without_a_keyboard_it_bonds_and_what_wants_the_passkey_stays_shut(bench):
    script = f"""
async def main():
    ble.config(bond=True, mitm=False, le_secure=True, io=3)
    connection = await connect("{A}")
    ble.gap_pair(0)
    show((await event(28))[2], await refused(connection))
"""
    assert bench(script, wants="pin").run() == [((0, 1, 0, 1, 16), 261)]


def test_a_bond_is_enough_for_a_unit_that_wants_no_passkey(bench):
    script = f"""
async def main():
    connection = await connect("{A}")
    ble.gap_pair(0)
    show((await event(28))[2], await refused(connection), len(secrets))
"""
    assert bench(script, wants="bond").run() == [((0, 1, 0, 1, 16), None, 0)]


def test_an_action_that_is_wrong_is_never_taken_and_ends_after_thirty_seconds(bench):
    script = f"""
async def main():
    ble.config(bond=True, mitm=True, io=2)
    await connect("{A}")
    ble.gap_pair(0)
    show(await offer(12345, 4, 100))
    begin = time.ticks_ms()
    show((await event(28))[2], time.ticks_diff(time.ticks_ms(), begin) > 20000)
"""
    found = bench(script, wants="pin", passkey=12345).run()
    assert found == [((99, 22),), ((0, 0, 0, 0, 0), True)]


@pytest.mark.parametrize(
    ("fault", "told", "status"), [("hides_encryption", [], None), ("refuses_pairing", [28], 271)]
)
def test_a_unit_that_does_not_tell_or_does_not_pair(bench, fault, told, status):
    script = f"""
async def main():
    connection = await connect("{A}")
    ble.gap_pair(0)
    await asyncio.sleep(5)
    show([each[1] for each in events if each[1] == 28], await refused(connection))
"""
    made = bench(script, wants="bond")
    setattr(made.units[0], fault, True)
    assert made.run() == [(told, status)]


def test_after_an_unanswered_mtu_a_connection_is_of_no_use(bench):
    script = f"""
async def main():
    connection = await connect("{A}")
    try:
        await connection.exchange_mtu(247)
    except asyncio.TimeoutError:
        show("no answer")
    try:
        with connection.timeout(5000):
            await connection.service(bluetooth.UUID(0xFFE0))
    except asyncio.TimeoutError:
        show("no service")
    await connection.disconnect()
    await subscribe(await connect("{A}"))
    await asyncio.sleep(2)
    show(len(pieces[0]) > 0)
"""
    made = bench(script)
    made.units[0].ignores_mtu = True
    assert made.run() == [("no answer",), ("no service",), (True,)]
