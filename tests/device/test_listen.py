"""What comes on the console while the logger runs: requests are answered, nothing else is."""

import asyncio
import gc
import os
import select
import sys
from binascii import crc32

import chance
from temporary import Folder

try:
    asyncio.core  # noqa: B018
except AttributeError:
    asyncio.core = None  # CPython has none

import listen
from lib.uptime import NO_CLOCK, NTP, PC

CONFIG = b"""{"packs": [{"name": "house", "bms": "jk", "n": [1, {"password": 5}]}],
 "wifi": {"networks": [{"ssid": "pass\\"word", "password" : "hush-\\"hush\\\\", "x": "password"},
  {"password": ["hush", {"a": "hush"}, 12], "y": 3}]},
 "mqtt": {"p\\u0061ssword": "hush-hush", "password": null, "user": "me"}, "last": "seen"}"""


class Input:
    """sys.stdin, and what select.poll() says of it."""

    def __init__(self):
        self.data = b""
        self.at = 0
        self.buffer = self

    def put(self, data):
        self.data, self.at = data, 0

    def readinto(self, buf):
        buf[0] = self.data[self.at]
        self.at += 1
        return 1

    def register(self, stream, events):
        assert stream is self

    def poll(self, ms):
        return self.at < len(self.data)


class Output:
    def __init__(self):
        self.data = b""
        self.buffer = self

    def write(self, data):
        self.data += bytes(data)


class System:
    """sys and select as listen.py and answers.py use them."""

    POLLIN = 1

    def __init__(self):
        self.stdin = Input()
        self.stdout = Output()
        self.modules = sys.modules

    def poll(self):
        return self.stdin


class Clock:
    def __init__(self):
        self.source = NO_CLOCK
        self.told = None

    def set(self, unix, source, ms):
        self.source = source
        self.told = unix, ms

    def unix(self):
        return self.told[0]


class Link:
    def release(self, seconds):
        self.released = seconds


class Pack:
    name = "house"
    making_s = 77

    def __init__(self, link):
        self.link = link
        self.history = self
        self.flushes = 0

    @property
    def hurry(self):
        return False

    @hurry.setter
    def hurry(self, value):
        self.flushes += 1


class Board:
    seconds = 0

    def __init__(self):
        self.clock = Clock()
        self.uptime = self
        self.packs = [Pack(Link()), Pack(None)]
        self.reports = 0

    async def report(self):
        self.reports += 1


class Console:
    """A Listener, and what it says to what is sent."""

    def __init__(self):
        self.system = listen.sys = listen.select = System()
        self.board = Board()
        self.listener = listen.Listener(self.board)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        listen.sys, listen.select = sys, select

    def take(self, data):
        """What take() returns of these bytes: a list of texts."""
        self.system.stdin.put(data)
        found = []
        while self.system.stdin.poll(0):
            text = self.listener.take()
            if text:
                found.append(text)
        return found

    def ask(self, words, folder=None):
        """(kind, bytes) of the answer."""
        import answers

        answers.sys, answers.IDLE_MS = self.system, 0
        if folder:
            answers.DATA, answers.CONFIG = folder, folder + "/config.json"
        self.system.stdout.data = b""
        self.system.stdin.put(b"")
        text = b"5a0000 " + words
        asyncio.run(answers.serve(self.listener, text))
        del sys.modules["answers"]
        return unpacked(text, self.system.stdout.data)


def unpacked(text, said):
    """The pieces of an answer put together: each verified."""
    crc, data, kind = crc32(text), b"", b"."
    while said:
        assert kind == b"."
        kind, tag, size = said[1:2], said[2:4], int(said[4:6], 16)
        assert said[:1] == b"~" and tag == text[:2] and size <= 240
        crc = crc32(said[15 : 15 + size], crc32(said[:6], crc))
        assert said[6:15] == b"%08x\n" % crc
        data += said[15 : 15 + size]
        said = said[15 + size :]
    return kind, data


def write(folder, path, data):
    """Make a file below the folder."""
    parts = path.split("/")
    for i in range(1, len(parts)):
        try:
            os.mkdir(folder + "/" + "/".join(parts[:i]))
        except OSError:
            pass  # it is there
    with open(folder + "/" + path, "wb") as file:
        file.write(data)


def line(text):
    return b"~%08x %s\n" % (crc32(text), text)


def test_a_request_is_its_text_with_the_right_crc():
    with Console() as console:
        assert console.take(line(b"00 hello")) == [b"00 hello"]
        assert console.take(line(b"x") + b"\n" + line(b"y z")) == [b"x", b"y z"]
        longest = b"a" * (listen.LONGEST - 9)
        assert console.take(line(longest)) == [longest]
        assert console.take(b"noise\xff\x00~~~~12" + line(b"a")) == [b"a"]
        assert console.take(b"") == [] and console.take(line(b"b")[:5]) == []
        assert console.take(line(b"b")[5:]) == [b"b"]  # in pieces, however they come


def test_what_is_not_one_is_ignored():
    with Console() as console:
        good = line(b"00 release 300")
        for i in range(len(good)):
            for other in (0, 3, 10, 13, 48, 102, 126, 255, good[i] ^ 1):
                if other != good[i] and i:
                    assert console.take(good[:i] + bytes((other,)) + good[i + 1 :]) == [], i
            assert console.take(good[:i] + good[i + 1 :]) == [], i
        for bad in (
            line(b"a" * (listen.LONGEST - 8)),
            line(b"caf\xc3\xa9"),
            b"00 release 300\n",
            b"~00000000 \n",
            b"~\n" * 100,
            b"packlog house age=1\r\n",
            good.upper(),
        ):
            assert console.take(bad) == [], bad
        assert console.take(good) == [b"00 release 300"]  # and the next one is heard


def noise(draw):
    """Random bytes, half of them requests that something has happened to."""
    data = bytes([draw(256) for _ in range(draw(40))])
    if draw(2):
        good = bytearray(line(b"%02x %s 1 2" % (draw(256), (b"read", b"time", b"crc")[draw(3)])))
        good[draw(len(good))] ^= 1 << draw(8)
        data += bytes(good)
    return data


def listen_to_noise(count):
    """count random inputs: none is obeyed, none raises, none stays in memory."""
    draw = chance.Chance(7).below
    with Console() as console:
        used = 0
        for i in range(count):
            if hasattr(gc, "mem_alloc") and i in (100, count - 1):
                console.system.stdin.put(b"")
                gc.collect()
                used = gc.mem_alloc() - used
            assert console.take(noise(draw)) == []
        assert used < 64 or not hasattr(gc, "mem_alloc"), used
        assert console.take(b"\n" + line(b"still there")) == [b"still there"]


def test_noise_is_never_obeyed():
    listen_to_noise(2000)


def slow_noise():
    listen_to_noise(200000)


def test_each_question_has_its_answer():
    with Console() as console, Folder() as folder:
        board = console.board
        assert console.ask(b"hello") == (b"=", b"packlog 1 0")
        assert console.ask(b"time 1700000000 5")[0] == b"!"
        assert board.clock.source == NO_CLOCK  # a PC whose clock says 2023 does not know it
        assert console.ask(b"time 1900000000 6") == (b"=", b"")
        assert board.clock.told == (1900000000, 6)
        assert console.ask(b"hello") == (b"=", b"packlog 1 %d" % PC)
        board.clock.source = NTP
        console.ask(b"time 1900000001 7")
        assert board.clock.source == NTP  # a time server knows it better
        console.ask(b"time 1900000002 7")
        assert board.clock.source == PC
        assert console.ask(b"status") == (b"=", b"") and board.reports == 1
        assert console.ask(b"release 300") == (b"=", b"1")
        assert board.packs[0].link.released == 300
        assert console.ask(b"flush") == (b"=", b"house 77\nhouse 77\n")
        assert board.packs[0].flushes == 1
        board.seconds = 599
        console.ask(b"flush")
        assert board.packs[0].flushes == 1  # it wears the flash
        board.seconds = 600
        console.ask(b"flush")
        assert board.packs[0].flushes == 2
        assert console.ask(b"files", folder) == (b"=", b"")


def test_what_cannot_be_answered():
    with Console() as console, Folder() as folder:
        for words in (
            b"nonsense",
            b"",
            b"hello you",
            b"read a",
            b"time x y",
            b"release",
            b"files 1",
        ):
            kind, said = console.ask(words, folder)
            assert kind == b"!" and said, words
        for path in (
            b"../../boot.py",
            b"house/pack/../../../config.json",
            b"/config.json",
            b"/ble_secrets.json",
            b"../ble_secrets.json",
            b"house/pack/draft",
            b"house/pack/0000000a.seg",
            b"house/../00000001.seg",
            b"./pack/00000001.seg",
            b"house/pack/00000001.seg/x",
            b"config.json",
            b"house/pa.ck/00000001.seg",
        ):
            for verb in (b"read %s 0 10", b"crc %s 10"):
                kind, said = console.ask(verb % path, folder)
                assert kind == b"!" and said, path
        assert console.ask(b"read house/pack/00000001.seg 0 9", folder) == (b"!", b"gone")
        assert console.ask(b"config", folder) == (b"!", b"gone")


def test_files_of_the_history():
    with Console() as console, Folder() as folder:
        data = bytes([i * 7 & 255 for i in range(1000)])
        write(folder, "house/pack/00000001.seg", data)
        write(folder, "house/pack/draft", b"x")
        write(folder, "house/pack/00000002.tmp", b"x")
        write(folder, "house/pack/notes", b"x")
        kind, said = console.ask(b"files", folder)
        assert kind == b"="
        head = crc32(data[:48])
        file = '["file", "house", "pack", "00000001.seg", 1000, %d, "%s"]' % (
            head,
            "".join(["%02x" % byte for byte in data[-4:]]),
        )
        stray = '["stray", "%s/house/pack/notes"]' % folder
        assert said.decode().splitlines() == [file, stray]
        path = b"house/pack/00000001.seg"
        for at, count in ((0, 1000), (0, 0), (999, 1), (3, 480), (5, 481), (0, 240), (7, 239)):
            found = console.ask(b"read %s %d %d" % (path, at, count), folder)
            assert found == (b"=", data[at : at + count]), (at, count)
        assert console.ask(b"read %s 990 11" % path, folder)[0] == b"!"
        for count in (0, 1, 48, 509, 510, 511, 1000):
            found = console.ask(b"crc %s %d" % (path, count), folder)
            assert found == (b"=", b"%08x" % crc32(data[:count]))


def test_a_config_is_told_without_its_passwords():
    with Console() as console, Folder() as folder:
        write(folder, "config.json", CONFIG)
        kind, said = console.ask(b"config", folder)
        assert kind == b"=" and b"hush" not in said and len(said) == len(CONFIG)
        import json

        told = json.loads(said)
        assert told["wifi"]["networks"][0]["ssid"] == 'pass"word'
        assert told["wifi"]["networks"][0]["password"] == "*" * 13
        assert told["wifi"]["networks"][0]["x"] == "password"
        assert told["wifi"]["networks"][1]["y"] == 3
        assert told["mqtt"]["user"] == "me" and told["last"] == "seen"
        assert told["packs"][0]["n"][1]["password"] == 1


def test_the_key_of_every_secret_is_hidden():
    import config
    import mask

    assert config.secrets() == {secret.decode() for secret in mask.SECRETS}


def test_a_newer_question_ends_the_answer_to_the_one_before():
    with Console() as console, Folder() as folder:
        write(folder, "house/pack/00000001.seg", bytes(5000))
        import answers

        answers.sys, answers.IDLE_MS, answers.DATA = console.system, 0, folder
        console.system.stdin.put(line(b"77 status"))
        asyncio.run(answers.serve(console.listener, b"5a read house/pack/00000001.seg 0 5000"))
        del sys.modules["answers"]
        said = console.system.stdout.data
        assert len(said) == 255 + 15 and said[255:259] == b"~=77"
        assert console.board.reports == 1
