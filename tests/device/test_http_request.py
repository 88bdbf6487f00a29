"""The head of a request, in any pieces: what it says, what it is refused for, and its bounds."""

from request_noise import REQUESTS, noise

from net.http_request import HEAD, LINE, Request, is_ours, is_right, span


def read(data, piece=1000):
    """(Request, what is behind it, None if it has not ended)."""
    request = Request()
    rest = None
    for at in range(0, len(data), piece):
        rest = request.feed(data[at : at + piece])
        if rest is not None:
            break
    return request, rest


def status_of(data):
    request, rest = read(data)
    assert rest is not None
    return request.status


def get(*lines):
    return b"\r\n".join((b"GET / HTTP/1.1", b"Host: packlog") + lines) + b"\r\n\r\n"


def test_it_is_the_same_in_pieces_of_any_size():
    for data in REQUESTS:
        whole, rest = read(data)
        assert not whole.status
        for piece in (1, 2, 7, 50):
            same, _ = read(data, piece)
            assert (same.method, same.path, same.fields) == (whole.method, whole.path, whole.fields)
            assert (same.keep, same.body_size) == (whole.keep, whole.body_size)
        assert rest == (b'{"time": 1780000000}' if whole.method == b"POST" else b"")
    assert [read(data)[0].keep for data in REQUESTS] == [True, False, True, True, True]


def test_what_comes_behind_is_handed_on():
    request, rest = read(REQUESTS[0] + REQUESTS[1])
    assert rest == REQUESTS[1] and request.path == b"/"
    request, rest = read(b"\r\n\r\n" + REQUESTS[0])
    assert rest == b"" and request.path == b"/"
    assert read(REQUESTS[0][:-1])[1] is None


def test_fields_that_matter_are_kept():
    request, _ = read(get(b"RANGE:bytes=1-2 ", b"Cookie: a=b", b"X: " + 300 * b"y"))
    assert request.fields == {b"host": b"packlog", b"range": b"bytes=1-2"}


def test_what_is_refused_and_why():
    for data, status in (
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no host
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        (b"GET / FTP\r\n\r\n", 400),
        (b"G3T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\n", 400),  # TLS
        (b"GET /" + LINE * b"a" + b" HTTP/1.1\r\n", 414),
        (get(b"Range: bytes=" + LINE * b"1"), 431),
        (get(b"no colon"), 400),
        (get(b" folded: a"), 400),
        (get(b"Host: b"), 400),
        (get(b"Content-Length: 1e3"), 400),
        (get(b"Content-Length: -1"), 400),
        (get(b"Content-Length: 257"), 413),
        (get(b"Content-Length: " + 100 * b"9"), 413),
        (get(b"Transfer-Encoding: chunked"), 501),
    ):
        assert status_of(data) == status, data
    assert not status_of(get(b"X-Long: " + 2 * LINE * b"y"))  # nobody needs it


def test_a_head_without_end_is_refused():
    request = Request()
    fed = 0
    while request.feed(b"a" * 100 if fed else b"GET / HTTP/1.1\r\nX: ") is None:
        fed += 100
        assert len(request._line) <= LINE and fed < 2 * HEAD
    assert request.status == 431


def test_whom_it_may_be_asked_as():
    for host in (
        b"192.168.1.50", b"10.0.0.1:8080", b"packlog", b"PACKLOG.local", b"packlog.lan:80",
        b"packlog.home.arpa", b"localhost:8080",
    ):  # fmt: skip
        assert is_ours(host, b"packlog"), host
    for host in (
        b"", b"evil.com", b"packlog.evil.com", b"packlog.com", b"192.168.1.50.evil.com", b"1.2.3",
        b"packlog.local.evil.com", b"packlog:", b"packlog:80:80", b"packlog.local:x",
        b"other.local", b"packlog@evil.com", b"[::1]", b"2130706433",
    ):  # fmt: skip
        assert not is_ours(host, b"packlog"), host


def test_spans():
    for text, found in (
        (None, None), (b"bytes=0-0", (0, 1)), (b"bytes=5-", (5, 10)), (b"bytes=-3", (7, 10)),
        (b"bytes=-30", (0, 10)), (b"bytes=2-99", (2, 10)), (b"bytes=9-9", (9, 10)),
        (b"bytes=10-", (0, 0)), (b"bytes=-0", (0, 0)), (b"bytes=99-100", (0, 0)),
        (b"bytes=5-4", None), (b"bytes=0-1,3-4", None), (b"bytes=", None), (b"bytes=-", None),
        (b"bytes=a-b", None), (b"lines=0-1", None), (b"bytes=1", None), (b"bytes=--1", None),
        (b"bytes=" + 40 * b"9" + b"-", (0, 0)), (b"bytes=0-" + 40 * b"9", (0, 10)),
    ):  # fmt: skip
        assert span(text, 10) == found, text
    assert span(b"bytes=0-", 0) == span(b"bytes=-1", 0) == (0, 0)


def test_passwords():
    assert is_right(b"hush hush", b"Basic bWU6aHVzaCBodXNo")  # me:hush hush
    assert is_right(b"hush hush", b"basic Omh1c2ggaHVzaA==")  # no name
    for said in (
        None,
        b"",
        b"Basic",
        b"Basic ????",
        b"Bearer bWU6aHVzaCBodXNo",
        b"Basic bWU6aHVzaA==",
    ):
        assert not is_right(b"hush hush", said), said
    assert not is_right(b"hush hush", b"Basic bWU6aHVzaCBodXNoaA==")  # one letter more


def test_noise():
    noise(20000, 1)
