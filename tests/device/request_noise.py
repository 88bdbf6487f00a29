"""Requests of all kinds, whole, cut into pieces and damaged: what the parser makes of them is a
status or a request within its bounds. Runs on CPython and on MicroPython.
"""

from chance import Chance

from net import http_request
from net.http_request import Request, is_ours, span

REQUESTS = (
    b"GET / HTTP/1.1\r\nHost: packlog.local\r\n\r\n",
    b"HEAD /api/status HTTP/1.1\r\nHost: 192.168.1.50:80\r\nConnection: close\r\n\r\n",
    b"GET /api/history/house/pack/00000001.seg HTTP/1.1\r\nHost: packlog\r\nRange: bytes=100-\r\n"
    b'If-None-Match: "00000001.seg-100"\r\nAuthorization: Basic cGFja2xvZzpodXNo\r\n\r\n',
    b"POST /api/time HTTP/1.1\r\nHost: packlog\r\nContent-Type: application/json\r\n"
    b'Content-Length: 20\r\n\r\n{"time": 1780000000}',
    b"GET /metrics HTTP/1.0\nConnection: keep-alive\n\n",
)
TOKENS = (
    b"\r\n", b"\n", b"\r", b":", b" ", b"\0", b"..", b"%2e%2e/", b"/", b"\xff\xfe", b"HTTP/1.1",
    b"Host:", b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"-", b"=",
    b"Range: bytes=", b"A" * 500, b"GET ", b"\t", b"content-length: -1\r\n",
)  # fmt: skip


def mutated(chance, data):
    """With a few bytes changed, left out, doubled, or words put in."""
    data = bytearray(data)
    for _ in range(1 + chance.below(4)):
        at = chance.below(len(data) + 1)
        what = chance.below(5)
        if what == 0:
            data[at:] = data[at + 1 + chance.below(20) :]
        elif what == 1 and at < len(data):
            data[at] = chance.below(256)
        elif what == 2:
            data = data[:at] + TOKENS[chance.below(len(TOKENS))] + data[at:]
        elif what == 3:
            data = data[:at] + data[at // 2 :]
        else:
            data = data[: at + 1]
        if not data:
            data = bytearray(b"\n")
    return bytes(data)


def taken(chance, data):
    """The Request that comes of it, in pieces; None if it has not ended."""
    request = Request()
    at = 0
    while at < len(data):
        end = at + 1 + chance.below(200)
        rest = request.feed(data[at:end])
        assert len(request._line) <= http_request.LINE
        if rest is not None:
            assert request.status or data[at:end].endswith(rest)
            return request
        at = end
    return None


def check(request):
    """It is refused, or within the bounds."""
    if request.status:
        assert request.status in (400, 413, 414, 431, 501, 505)
        assert not request.keep
        return
    assert request.path[:1] == b"/" and request.method.isalpha()
    assert all(32 < c < 127 for c in request.path)
    assert 0 <= request.body_size <= http_request.BODY
    assert all(name in http_request.FIELDS for name in request.fields)
    is_ours(request.fields.get(b"host", b""), b"packlog")
    found = span(request.fields.get(b"range"), 1000)
    assert found is None or found == (0, 0) or 0 <= found[0] < found[1] <= 1000


def noise(count, seed):
    """How many of so many came to what: "cut", "refused", "taken"."""
    chance = Chance(seed)
    outcomes = {"cut": 0, "refused": 0, "taken": 0}
    for i in range(count):
        request = taken(chance, mutated(chance, REQUESTS[i % len(REQUESTS)]))
        if request:
            check(request)
        outcomes["cut" if not request else "refused" if request.status else "taken"] += 1
    assert min(outcomes.values()) > count // 20, outcomes
    return outcomes


def slow_noise():
    noise(200000, 16)
