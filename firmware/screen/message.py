"""A text in place of readings. In memory only once there is one to show."""

from screen import draw


class Message:
    """A title row, with the page's number when there are several, and a text below it."""

    PAGE_MS = 3_000

    def __init__(self, columns, rows):
        self._columns = columns
        self._below = rows - 1
        self._key = None
        self._title = b""
        self._lines = []

    def render(self, rows, title, text, now_ms):
        """Write the page that is due into rows."""
        if self._key != (title, text):
            self._key = (title, text)
            self._title = draw.lcd_text(title)
            self._lines = draw.wrap(text, self._columns)
        pages = max(1, -(-len(self._lines) // self._below))
        page = now_ms // self.PAGE_MS % pages
        for row in rows:
            draw.clear(row)
        draw.put_text(rows[0], 0, self._title)
        if pages > 1:
            self._put_page(rows[0], page + 1, pages)
        for i in range(page * self._below, min((page + 1) * self._below, len(self._lines))):
            draw.put_text(rows[1 + i - page * self._below], 0, self._lines[i])

    def _put_page(self, row, page, pages):
        width = 3 if pages < 10 else 5
        start = self._columns - width
        end = draw.put_number(row, start if page > 9 or pages < 10 else start + 1, page)
        row[end] = 0x2F
        draw.put_number(row, end + 1, pages)
