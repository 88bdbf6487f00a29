"""Charge and energy since the history began, and the hour in the making, through power cuts."""

import os
import struct

import plain_hours
import temporary
from a_pack import Pack
from chance import Chance
from test_history_series import said

from store import events

NAMES = ("charge_in", "charge_out", "energy_in", "energy_out")


def totals(pack):
    return [getattr(pack.history.totals, name) for name in NAMES]


def hours(pack):
    return plain_hours.hours(pack.folder + "/house")


def a_pack(folder, **options):
    return Pack(folder, interval_s=900, window_s=10, **options)


def test_they_begin_at_nothing_and_count_mah_and_mwh():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        assert totals(pack) == [0, 0, 0, 0]
        pack.sample.voltage = 50000
        pack.readings(3601, 10000, flush=True)
        pack.readings(1800, -20000, flush=True)
        pack.history.close()
        assert totals(pack) == [10000, 10000, 500000, 500000]


def test_they_never_go_back_and_lose_the_window_at_most():
    with temporary.Folder() as folder:
        chance = Chance(1)
        pack = a_pack(folder)
        before = [0, 0, 0, 0]
        lost = 0
        for _ in range(40):
            model = plain_hours.Model()
            for n in range(chance.below(600)):
                current = chance.below(100000) - 50000
                pack.sample.voltage = 48000 + chance.below(8000)
                if n:
                    model.take(pack.sample.voltage, current, 1000)
                pack.readings(1, current, flush=True)
                after = totals(pack)
                assert all(after[i] >= before[i] for i in range(4))
                before = after
            pack.start()  # the power was away
            assert totals(pack) == before
            lost = max(lost, model.ms - 1000 * sum([each.seconds for each in of_boot(pack)]))
        assert 0 < lost <= 10000
        for i in range(4):
            records = sum([each.sums()[i] for each in hours(pack)])
            scale = 10 if i < 2 else 100
            assert 0 <= before[i] - scale * records < scale


def of_boot(pack):
    """The hours of the boot before."""
    return [each for each in hours(pack) if each.boot == pack.history.boot - 1]


def test_the_hour_in_the_making_is_a_record_of_its_boot_once():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.readings(5000, flush=True)
        assert [each.end for each in hours(pack)] == [3600]
        for boot in (2, 3, 4):
            pack.start()
            assert pack.history.boot == boot
            pack.readings(1)
            pack.history.flush()
        found = hours(pack)
        assert [(each.boot, each.begin) for each in found] == [(1, 0), (1, 3600)]
        assert 4990 <= found[1].end < 5000 and found[1].seconds == found[1].end - 3600


def test_one_that_is_on_the_flash_is_not_written_again():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.readings(3599, flush=True)
        with open(folder + "/house/now/draft", "rb") as file:
            draft = file.read()
        pack.readings(20, flush=True)
        count = len(hours(pack))
        with open(folder + "/house/now/draft", "wb") as file:
            file.write(draft)  # the power went before it was saved anew
        pack.start()
        assert len(hours(pack)) == count == 1


def test_a_damaged_file_costs_the_hour_at_most_and_is_said():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.readings(5000, flush=True)
        path = folder + "/house/now/draft"
        with open(path, "rb") as file:
            data = bytearray(file.read())
        data[100] ^= 1
        with open(path, "wb") as file:
            file.write(data)
        pack.start()
        assert totals(pack)[0] >= 10000
        pack.readings(1)
        pack.history.due()
        pack.history.flush(True)
        pack.history.flush(True)
        damaged = [each for each in said(pack.events_path) if each[2] == events.RECORDS_DAMAGED]
        assert [each[4] for each in damaged] == [1]
        os.remove(path)  # nor is it missed
        pack.start()
        assert totals(pack)[0] >= 10000


def test_the_file_stays_in_the_metadata():
    """littlefs keeps a file inline up to its cache: 128 bytes on a board."""
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.readings(100, flush=True)
        with open(folder + "/house/now/draft", "rb") as file:
            data = file.read()
        assert len(data) == 119
        begin, length, seconds = struct.unpack_from("<IHH", data, 25)
        assert (begin, length) == (0, seconds)


def test_sums_of_decades_do_not_wrap():
    with temporary.Folder() as folder:
        pack = a_pack(folder)
        pack.readings(100, flush=True)
        making = pack.history._hour
        for i in range(4):
            making.sums[i] = 3000000000  # 30,000 kAh, 300 MWh
        pack.readings(100, flush=True)
        assert totals(pack)[0] // 10 == 3000000000 + making.units[0]
        before = totals(pack)
        pack.start()
        assert totals(pack) == before
