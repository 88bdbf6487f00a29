"""The screens: readings and health in, rows of character codes out. Pure: the time is passed in.

A 20x4 shows a pack on one page, a 16x2 on two that take turns, both on one more once there is
energy that was counted; several packs take turns as well. What is wrong takes turns with the last
row. Past a pack's stale_ms without a reading the values are gone and the silence stands there, for
how long and with what to check. Cells are numbered from 1.
"""

from lib import once
from sample import CHARGE_STOPPED, DISCHARGE_STOPPED
from screen import draw
from screen.draw import DEGREE, HIGHEST, LOWEST, lcd_text, wrap

# Of energy.KEYS
_IN, _OUT, _CYCLES, _EFFICIENCY, _TO_FULL, _TO_EMPTY = 0, 1, 4, 5, 6, 7
_SHOWN_WH = 100  # from then on the energy has a page: it counts in 0.1 kWh
LONG_MS = 2000  # for each end of a text that is longer than its row
ROUND = 8  # pages of packs before one of the logger's own
_STARTING = b"packlog starting"
_WAITING = b"Waiting for BMS"
_CELSIUS = bytes((DEGREE,)) + b"C"
_PROTECTIONS = ((CHARGE_STOPPED, b"BMS: charge off"), (DISCHARGE_STOPPED, b"BMS: load off"))


class Screen:
    """rows are the buffers that render() and message() fill; both return them."""

    @once.start
    def __init__(self, columns, rows, page_ms=4_000):
        self.rows = [bytearray(columns) for _ in range(rows)]
        self._columns = columns
        self._wide = rows == 4
        self._page_ms = page_ms
        self._message = None
        self._texts = []  # of health, cut to the display's width
        self._storage_error = self._note = None  # as they were cut
        self._page = self._turns = 0
        self._several = False

    def message(self, title, text, now_ms):
        """A text instead of readings: what is wrong with the config, or that packlog starts."""
        if self._message is None:
            from screen.message import Message

            self._message = Message(self._columns, len(self.rows))
        self._message.render(self.rows, title, text, now_ms)
        return self.rows

    def render(self, packs, health, now_ms):
        """The page that is due of a list of PackView and a Health."""
        for row in self.rows:
            draw.clear(row)
        self._read_texts(health)
        self._several = len(packs) > 1
        self._turns = now_ms // LONG_MS
        pack = self._turn(packs, now_ms // self._page_ms, self._health_pages(health))
        if pack is None:
            self._put_health(health)
        elif self._silent(pack):
            self._put_silence(pack)
        elif self._page and self._page == self._energy_at(pack):
            self._put_energy(pack)
        elif self._wide:
            self._put_wide(pack, health)
        else:
            self._put_small(pack)
        if pack and self._page >= self._own_pages(pack):
            self._put_alert(pack, self._page - self._own_pages(pack))
        return self.rows

    # Whose turn it is

    def _silent(self, pack):
        return not pack.heard or pack.age_ms > pack.stale_ms

    def _starting(self, pack):
        return not pack.heard and pack.age_ms <= pack.stale_ms

    def _own_pages(self, pack):
        """Pages of the pack's own, before those that show what is wrong."""
        if self._starting(pack):
            return 1
        if self._silent(pack):
            return 1 if self._wide else len(pack.hints) + (1 if self._several else 0)
        at = self._energy_at(pack)
        return at + 1 if at else 1 if self._wide else 2

    def _energy_at(self, pack):
        """Which of them is that of the energy, 0 without one."""
        energy = pack.energy
        has_it = energy and max(energy[_IN] or 0, energy[_OUT] or 0) >= _SHOWN_WH
        return (1 if self._wide else 2) if has_it else 0

    def _alerts(self, pack):
        count = len(self._texts)
        if self._silent(pack):
            return count + (1 if pack.rejected else 0)
        for flag, _ in _PROTECTIONS:
            if (pack.sample.flags or 0) & flag:
                count += 1
        if pack.sample.texts.get("errors"):
            count += 1
        return count + _bits(pack.sample.errors or 0, len(pack.errors))

    def _health_pages(self, health):
        """Pages of the logger's own."""
        return -(-len(health.lines) // len(self.rows))

    def _turn(self, packs, turn, others=0):
        """The pack whose turn it is, None if it is that of other pages; sets _page to which.

        The other pages come after ROUND turns of packs: they are not what one looks for first.
        """
        total = 0
        for pack in packs:
            total += self._own_pages(pack) + self._alerts(pack)
        packs_turns = total * -(-ROUND // total)
        page = turn % (packs_turns + others)
        if page >= packs_turns:
            self._page = page - packs_turns
            return None
        page %= total
        for pack in packs:
            count = self._own_pages(pack) + self._alerts(pack)
            if page < count:
                break
            page -= count
        self._page = page
        return pack

    def _put_health(self, health):
        first = self._page * len(self.rows)
        for i in range(first, min(len(health.lines), first + len(self.rows))):
            draw.put_text(self.rows[i - first], 0, health.lines[i])

    # What is wrong

    def _read_texts(self, health):
        if self._storage_error == health.storage_error and self._note == health.note:
            return
        self._storage_error = health.storage_error
        self._note = health.note
        self._texts = []
        if health.storage_error:
            self._texts += wrap("LOG: " + health.storage_error, self._columns)
        if health.note:
            self._texts += wrap(health.note, self._columns)

    def _put_alert(self, pack, index):
        row = self.rows[-1]
        draw.clear(row)
        if index < len(self._texts):
            draw.put_text(row, 0, self._texts[index])
            return
        index -= len(self._texts)
        if self._silent(pack):
            text = b"New layout? " if pack.strange else b"Bad packets "
            draw.put_count(row, draw.put_text(row, 0, text), 4, pack.rejected)
            return
        for flag, text in _PROTECTIONS:
            if (pack.sample.flags or 0) & flag:
                if index == 0:
                    draw.put_text(row, 0, text)
                index -= 1
        for bit in range(len(pack.errors)):
            if (pack.sample.errors or 0) >> bit & 1:
                if index == 0:
                    self._put_long(row, pack.errors[bit])
                index -= 1
        if index == 0:
            self._put_long(row, lcd_text(pack.sample.texts.get("errors") or ""))

    def _put_long(self, row, text):
        """The text, or its two ends by turns."""
        draw.put_text(row, 0, text[-len(row) :] if self._turns & 1 else text)

    # No readings

    def _put_silence(self, pack):
        rows = self.rows
        if self._starting(pack):
            draw.put_text(rows[0], 0, _STARTING)
            draw.put_text(rows[1], 0, _WAITING)
            if self._wide:
                draw.put_text(rows[2], 0, pack.name)
                draw.put_text(rows[3], 0, pack.link)
            return
        if self._wide:
            draw.put_text(rows[0], 0, pack.name)
            draw.put_duration(rows[1], draw.put_text(rows[1], 0, b"No data for "), pack.age_ms)
            for i in range(min(2, len(pack.hints))):
                draw.put_text(rows[2 + i], 0, pack.hints[i])
            return
        draw.put_duration(rows[0], draw.put_text(rows[0], 0, b"No data "), pack.age_ms)
        page = self._page - (1 if self._several else 0)
        if page < len(pack.hints):
            self._put_long(rows[1], pack.name if page < 0 else pack.hints[page])

    # Readings

    def _put_wide(self, pack, health):
        sample = pack.sample
        first, second, third, last = self.rows
        bar = 9
        if self._several:
            bar = 14
            draw.put_text(first, 0, pack.name, 8)
        else:
            draw.put_text(first, 0, b"SoC")
        draw.put_fixed(first, bar - 5, 4, sample.soc, 0, 0, b"%")
        draw.put_bar(first, bar, 20 - bar, sample.soc)
        _put_voltage(second, 0, sample)
        _put_current(second, 7, sample)
        _put_power(second, 14, sample)
        _put_cell(third, 0, LOWEST, sample.min_cell, sample.min_cell_voltage)
        _put_cell(third, 11, HIGHEST, sample.max_cell, sample.max_cell_voltage)
        draw.put_fixed(last, 0, 7, sample.temperature, 1, 1, _CELSIUS)
        draw.put_text(last, 8, b"log")
        draw.put_count(last, 11, 5, health.frames)
        draw.put_age(last, 16, 4, pack.age_ms)

    def _put_small(self, pack):
        sample = pack.sample
        top, bottom = self.rows
        right = self._columns
        if self._page != 1:
            self._put_small_charge(top, pack)
            _put_current(bottom, 0, sample)
            _put_voltage(bottom, right - 6, sample)
            return
        _put_cell(top, 0, LOWEST, sample.min_cell, sample.min_cell_voltage)
        _put_cell(bottom, 0, HIGHEST, sample.max_cell, sample.max_cell_voltage)
        draw.put_fixed(bottom, right - 6, 6, sample.temperature, 1, 0, _CELSIUS)
        if self._several:
            draw.put_text(top, right - 6, pack.name, 6)
        else:
            _put_power(top, right - 6, sample)

    def _put_energy(self, pack):
        rows, energy = self.rows, pack.energy
        if not self._wide:
            if not _put_time(rows[0], energy):
                draw.put_text(rows[0], 0, b"Cycles")
                draw.put_fixed(rows[0], 6, 6, energy[_CYCLES], 1, 1)
                draw.put_fixed(rows[0], 12, 4, energy[_EFFICIENCY], 1, 0, b"%")
            draw.put_fixed(rows[1], 0, 6, energy[_IN], 3, 1)
            draw.put_fixed(rows[1], 6, 10, -energy[_OUT], 3, 1, b"kWh")
            return
        draw.put_text(rows[0], 0, pack.name if self._several else b"Energy", 7)
        draw.put_text(rows[0], 8, b"in")
        draw.put_text(rows[1], 7, b"out")
        draw.put_fixed(rows[0], 11, 9, energy[_IN], 3, 1, b"kWh")
        draw.put_fixed(rows[1], 11, 9, energy[_OUT], 3, 1, b"kWh")
        draw.put_text(rows[2], 0, b"Cycles")
        draw.put_fixed(rows[2], 7, 6, energy[_CYCLES], 1, 1)
        draw.put_fixed(rows[2], 14, 6, energy[_EFFICIENCY], 1, 1, b"%")
        _put_time(rows[3], energy)

    def _put_small_charge(self, row, pack):
        right = self._columns
        soc = pack.sample.soc
        draw.put_age(row, right - 3, 3, pack.age_ms)
        if self._several:
            draw.put_text(row, 0, pack.name, right - 9)
            draw.put_fixed(row, right - 8, 4, soc, 0, 0, b"%")
            return
        draw.put_fixed(row, 0, 4, soc, 0, 0, b"%")
        draw.put_bar(row, 4, right - 7, soc)


def _bits(value, count):
    """How many of the lowest bits are set."""
    found = 0
    for bit in range(count):
        found += value >> bit & 1
    return found


def _put_voltage(row, start, sample):
    draw.put_fixed(row, start, 6, sample.voltage, 3, 2, b"V")


def _put_current(row, start, sample):
    draw.put_fixed(row, start, 7, sample.current, 3, 1, b"A", True)


def _put_power(row, start, sample):
    power = sample.power  # 0.1 W
    if power is not None and abs(power) >= 99_995:
        draw.put_fixed(row, start, 6, power, 4, 0, b"kW", True)
    else:
        draw.put_fixed(row, start, 6, power, 1, 0, b"W", True)


def _put_time(row, energy):
    """How long it is to full or to empty. False if that is not known."""
    minutes, text = energy[_TO_FULL], b"Full in "
    if minutes is None:
        minutes, text = energy[_TO_EMPTY], b"Empty in "
    if minutes is None:
        return False
    end = draw.put_text(row, 0, text)
    if minutes < 60:
        draw.put_text(row, draw.put_number(row, end, minutes), b" min")
    else:
        draw.put_duration(row, end, 60000 * minutes)
    return True


def _put_cell(row, start, glyph, index, mv):
    row[start] = glyph
    draw.put_fixed(row, start + 1, 2, None if index is None else index + 1, 0, 0)
    row[start + 3] = 0x3A
    draw.put_fixed(row, start + 4, 5, mv, 3, 3)
