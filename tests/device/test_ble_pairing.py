"""Pairing: plain first, then a bond, then a passkey; keys that are kept; what the display says."""

import os

from ble_bench import ADDRESS, ASK, OTHER, Listener, assert_free, ble, ble_radio, play, radio, until
from temporary import Folder

from transport import pairing

PIN = "012345"


class fresh:
    """with fresh(): a board that has never paired. Its file of keys is path."""

    def __init__(self):
        self._folder = Folder()

    def __enter__(self):
        self.path = self._folder.__enter__() + "/ble_secrets.json"
        self._usual = ble_radio.SECRETS, pairing.PATIENCE_MS, pairing.OFFER_MS
        ble_radio.SECRETS = self.path
        pairing.PATIENCE_MS, pairing.OFFER_MS = 200, 2
        restart()
        return self

    def __exit__(self, *error):
        ble_radio.SECRETS, pairing.PATIENCE_MS, pairing.OFFER_MS = self._usual
        restart()
        self._folder.__exit__(*error)


class no_patience:
    """The stage runs off at once."""

    def __enter__(self):
        self.usual, pairing.PAIR = pairing.PAIR, (pairing.PAIR[0], 30, pairing.PAIR[2])

    def __exit__(self, *error):
        pairing.PAIR = self.usual


def restart():
    """What a board knows in RAM is gone."""
    ble_radio.keys = None


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def unit_that_wants(what, passkey=12345):
    unit = radio.unit(ADDRESS)
    unit.wants = what
    unit.passkey = passkey
    return unit


async def hears(listener, unit):
    """A reading passes; then the link is cancelled."""
    await listener.up()
    before = len(listener.got)
    unit.notify(b"reading")
    await until(lambda: len(listener.got) > before)
    await listener.cancel()
    assert_free(unit)


async def ends_with(listener, words):
    lost = await listener.end()
    assert lost.args[1] == listener.link.state == words and len(words) <= 20, lost


def test_a_unit_that_wants_nothing_is_not_paired_with_and_nothing_is_loaded():
    async def test():
        unit = radio.unit(ADDRESS)
        await hears(Listener(), unit)
        assert unit.pairings == 0 and ble_radio.keys is None

    with fresh() as board:
        play(test)
        assert not exists(board.path)


def test_a_unit_that_refuses_plain_links_is_bonded_with():
    async def test():
        unit = unit_that_wants("bond")
        listener = Listener(ASK)
        await hears(listener, unit)
        assert unit.pairings == 1
        assert {key: radio.settings[key] for key in ("bond", "mitm", "io")} == {
            "bond": True,
            "mitm": False,
            "io": 3,
        }
        listener.start()
        await hears(listener, unit)
        assert unit.pairings == 1, "the bond was used"

    with fresh():
        play(test)


def test_with_a_pin_the_passkey_is_offered_until_it_is_taken():
    async def test():
        unit = unit_that_wants("pin")
        offers = []
        offer = radio.gap_passkey
        radio.gap_passkey = lambda *args: (offers.append(args[1:]), offer(*args))
        try:
            await hears(Listener(address=ADDRESS, pin=PIN), unit)
        finally:
            radio.gap_passkey = offer
        assert len(offers) > 1 and set(offers) == {(2, 12345)}
        assert radio.settings["mitm"] and radio.settings["io"] == 2

    with fresh():
        play(test)


def test_a_pin_that_is_missing_or_wrong_is_said_and_there_is_a_pause():
    async def test(pin, words):
        unit = unit_that_wants("pin")
        listener = Listener(address=ADDRESS, pin=pin)
        await ends_with(listener, words)
        assert listener.link.delays == (60,) and unit.handle is None
        unit.passkey = int(pin or 0)
        unit.wants = unit.wants if pin else "bond"
        listener.start()
        await hears(listener, unit)
        assert listener.link.delays == ble.DELAYS

    for pin, words in (("", "Wants a PIN"), ("543210", "Wrong PIN")):
        with fresh():
            play(test, pin, words)


def test_keys_outlive_a_restart():
    async def test(unit):
        radio.units.append(unit)
        await hears(Listener(address=ADDRESS, pin=PIN), unit)
        assert unit.pairings == 1

    with fresh() as board:
        units = []

        async def make():
            units.append(unit_that_wants("pin"))

        play(make)
        play(test, units[0])
        assert exists(board.path) and not exists(board.path + ".new")
        restart()
        radio.begin()
        ble.claim({"pin": ""})  # a start: there are keys
        assert ble_radio.keys.has(units[0].address)
        play(test, units[0])


def test_a_bond_that_the_unit_has_forgotten_is_made_anew():
    async def test(wants, pin):
        unit = unit_that_wants(wants)
        listener = Listener(address=ADDRESS, pin=pin)
        await hears(listener, unit)
        unit.bond = None
        listener.start()
        await ends_with(listener, "Pairing anew")
        assert listener.link.delays == (1,)
        listener.start()
        await hears(listener, unit)
        assert unit.pairings == 2

    for wants, pin in (("bond", ""), ("pin", PIN)):
        with fresh():
            play(test, wants, pin)


def test_a_bond_that_was_made_without_the_pin_is_made_anew_with_it():
    async def test():
        unit = unit_that_wants("pin")
        await ends_with(Listener(), "Wants a PIN")
        listener = Listener(address=ADDRESS, pin=PIN)
        await ends_with(listener, "Pairing anew")
        listener.start()
        await hears(listener, unit)

    with fresh():
        play(test)


def test_a_unit_without_a_passkey_is_taken_as_it_is():
    async def test(wants, trouble):
        unit = unit_that_wants(wants)
        unit.trouble.add(trouble)
        listener = Listener(address=ADDRESS, pin=PIN)
        for _ in range(3):
            await hears(listener, unit)
            listener.start()
        await listener.cancel()

    for wants, trouble in (("", "refuse pairing"), ("", "none"), ("bond", "none")):
        with fresh():
            play(test, wants, trouble)


def test_encrypted_without_a_word_it_is_seen_by_the_subscription():
    async def test():
        unit = unit_that_wants("bond")
        unit.trouble.add("secret")
        await hears(Listener(), unit)

    with fresh():
        play(test)


def test_a_unit_that_is_never_heard_is_bonded_with_once():
    async def test(trouble, comes):
        unit = unit_that_wants("bond")
        unit.trouble.update(("polite", trouble))
        listener = Listener()
        heard = []
        for _ in range(6):
            await listener.up()
            before = len(listener.got)
            unit.notify(b"reading")
            for _ in range(3):
                await ble.asyncio.sleep_ms(ble_radio.POLL_MS)
            heard.append(len(listener.got) > before)
            await listener.cancel()
            listener.start()
        await listener.cancel()
        assert heard == [False] * 3 + [comes] * 3, heard
        assert unit.pairings == 1

    for trouble, comes in (("none", True), ("refuse pairing", False)):
        with fresh():
            play(test, trouble, comes)


def test_nothing_is_written_to_a_unit_but_questions_and_its_subscription():
    """Whatever it wants: plain, with a bond, with a passkey."""

    async def test(wants, pin):
        unit = unit_that_wants(wants)
        writes = []
        write = radio.gattc_write
        radio.gattc_write = lambda *args: (writes.append(args[1:]), write(*args))
        try:
            listener = Listener(ASK, address=ADDRESS, pin=pin)
            await hears(listener, unit)
            listener.start()
            await hears(listener, unit)
        finally:
            radio.gattc_write = write
        written = {(handle, bytes(data), bool(mode)) for handle, data, mode in writes}
        assert written == {(0x11, b"\x01\x00", True), (0x10, ASK, False)}

    for wants, pin in (("", ""), ("bond", ""), ("pin", PIN)):
        with fresh():
            play(test, wants, pin)


def test_pairing_that_hangs_or_drops_the_link():
    async def test(trouble, words):
        unit = unit_that_wants("bond")
        unit.trouble.add(trouble)
        listener = Listener()
        await ends_with(listener, words)
        assert_free(unit)
        unit.trouble.clear()
        listener.start()
        await hears(listener, unit)

    with fresh():
        play(test, "hang pairing", "Wants a PIN")
    with fresh():
        play(test, "drop pairing", "Pairing failed")
    with fresh(), no_patience():
        play(test, "hang pairing", "Pairing failed")


def test_cancelled_while_it_pairs():
    async def test():
        unit = unit_that_wants("pin")
        unit.trouble.add("hang pairing")
        listener = Listener(address=ADDRESS, pin=PIN)
        await until(lambda: unit.pairing)
        await listener.cancel()
        assert_free(unit)
        assert ble_radio.keys._handle is None
        unit.trouble.clear()
        listener.start()
        await hears(listener, unit)

    with fresh():
        play(test)


def test_no_memory_for_pairing_ends_the_attempt_only():
    def no_room():
        raise OSError(12)

    async def test():
        unit = unit_that_wants("bond")
        listener = Listener()
        usual, ble_radio.load_keys = ble_radio.load_keys, no_room
        try:
            await ends_with(listener, "Subscribing failed")
        finally:
            ble_radio.load_keys = usual
        listener.start()
        await hears(listener, unit)

    with fresh():
        play(test)


# Keys


def test_the_keys_are_asked_for_and_kept_as_nimble_does_it():
    with fresh() as board:
        keys = pairing.Keys(radio, board.path)
        address = bytes((0xC8, 0x47, 0x8C, 0, 0, 1))
        key = bytes((0, 1, 0, 0, 0x8C, 0x47, 0xC8))
        assert keys.irq(29, (2, 0, memoryview(key))) is None and not keys.has(address)
        buffer = bytearray(b"a value")
        assert keys.irq(30, (2, memoryview(key), memoryview(buffer))) is True
        assert keys.irq(30, (9, b"irk", b"other")) is True
        buffer[0] = 0xEE  # only good until the handler returns
        assert keys.irq(29, (2, 0, key)) == b"a value" and keys.has(address)
        assert keys.irq(29, (2, 0, None)) == b"a value"
        assert keys.irq(29, (2, 1, None)) is None
        keys.save()
        keys = pairing.Keys(radio, board.path)
        assert keys._secrets == {(2, key): b"a value", (9, b"irk"): b"other"}
        keys._drop(address)
        assert list(keys._secrets) == [(9, b"irk")], "what is of no unit stays"
        assert keys.irq(30, (9, b"irk", None)) is True
        assert keys.irq(30, (9, b"irk", None)) is False


def test_a_damaged_file_of_keys_is_as_good_as_none():
    for text in ("", "{", "[1]", '[[1, "?"]]', "[[1, 2, 3]]", "null", '[["a", "b"], []]'):
        with fresh() as board:
            with open(board.path, "w") as file:
                file.write(text)
            keys = pairing.Keys(radio, board.path)
            assert not keys._secrets


def test_keys_that_find_no_room_are_written_later():
    with fresh() as board:
        keys = pairing.Keys(radio, board.path + "/nowhere/keys")
        keys.irq(30, (2, b"key", b"value"))
        keys.save()
        assert keys._changed
        keys._path = board.path
        keys.save()
        assert exists(board.path) and not keys._changed


def test_units_without_end_take_no_memory_without_end():
    with fresh() as board:
        keys = pairing.Keys(radio, board.path)
        keys.irq(30, (9, b"irk", b"other"))
        for n in range(200):
            for kind in (1, 2):
                keys.irq(30, (kind, bytes((0, n, 0, 0, 0, 0, 1)), b"value"))
            assert len(keys._secrets) <= 25
        assert (9, b"irk") in keys._secrets
        assert keys.has(bytes((1, 0, 0, 0, 0, 199)))


def test_other_connections_are_not_meant():
    async def test():
        other = radio.unit(OTHER)
        second = Listener(address=OTHER)
        await second.up()
        unit = unit_that_wants("bond")
        unit.trouble.add("hang pairing")
        listener = Listener()
        await until(lambda: unit.pairing)
        radio.event(28, other.handle, 1, 1, 1, 16)
        assert ble_radio.keys._outcome is None
        await ends_with(listener, "Wants a PIN")
        await second.cancel()

    with fresh():
        play(test)
