"""The pipes between the virtual board's VM and its supervisor, when Ctrl-C comes as a signal."""

import os
import random
import select
import signal
import subprocess
import time

import pytest
from host_tools.ground import micropython
from host_tools.sim.board.process import VM, Process
from host_tools.sim.vm import ops

ROUNDS = 1000
CODE = f"""
import sys
sys.path.insert(0, {{vm!r}})
import link
link.open_pipes(sys.argv[1], sys.argv[2], 0, 0, 0)
link.value = 1
interrupted = 0
print("ready")
while link.value > -{ROUNDS - 1}:
    try:
        while link.value > -{ROUNDS - 1}:
            i = 1 - link.value
            answer = link.call(77, i & 255, 0, i, b"question")
            if answer != b"answer %d" % i:
                print("asked", i, "got", answer)
    except KeyboardInterrupt:
        interrupted += 1
print("interrupted")
"""


class Bare(Process):
    """The supervisor's end, with that code at the other."""

    def __init__(self, code: str):
        to_vm, from_vm = os.pipe(), os.pipe()
        self.requests, self._answers = from_vm[0], to_vm[1]
        self._number = 0
        ends = to_vm[0], from_vm[1]
        self._process = subprocess.Popen(
            [micropython.find(), "-c", code, *map(str, ends)],
            pass_fds=ends,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.said = self._process.stdout
        for fd in ends:
            os.close(fd)

    def next(self):
        while select.select([self.requests], [], [], 60)[0]:
            if request := self.read():
                return request
        raise AssertionError("no request: it waits for an answer that it has had")


@pytest.mark.parametrize("early", [True, False])
def test_every_request_gets_its_own_answer_whenever_ctrl_c_comes(early):
    chance = random.Random(early)
    vm = Bare(CODE.format(vm=str(VM)))
    try:
        assert vm.said.readline() == b"ready\n"
        for i in range(ROUNDS):
            request = vm.next()
            assert (request.op, request.value, request.data) == (77, i, b"question")
            if early and i % 2:
                time.sleep(chance.random() * 1e-4)  # it waits by now, or does not yet
                vm.signal(signal.SIGINT)
            vm.answer(0, 0, -i, b"answer %d" % i, 0)
            if not early and i % 50 == 0 and i < ROUNDS - 1:
                vm.signal(signal.SIGINT)
        assert vm.said.read() == b"interrupted\n"
    finally:
        vm.kill()


WAITS = f"""
import sys
sys.path.insert(0, {str(VM)!r})
import link
link.open_pipes(sys.argv[1], sys.argv[2], 1000, 0, 0)
found = []
for mask, spent in ((4, 0), (4, 0), (4, 5), (8, 0), (8, 20), (8, 1), (8, 0)):
    link.spend(spent)
    found.append(link.wait(link.now, mask))
found.append(link.wait(link.now, 8, b"sockets"))
link.call(77)
found.append(link.wait(link.now, 8, b"sockets"))
found.append(link.wait(link.now + 1, 8, b"sockets"))
link.call(78, 0, 0, 0, bytes(found))
"""


def test_a_wait_for_no_time_asks_where_something_can_be_new():
    """Another mask, other sockets, time that has passed, hardware that was used; or a real wait."""
    board = Bare(WAITS)
    asked = []
    try:
        while not asked or asked[-1][0] != 78:
            request = board.next()
            asked.append((request.op, request.b, request.now, request.data))
            board.answer(request.now, 0, len(asked), b"", 0)
    finally:
        board.kill()
    wait, found = ops.WAIT, asked[-1][3]
    assert [each[:3] for each in asked[:-1]] == [
        (wait, 4, 1000),
        (wait, 8, 1005),
        (wait, 8, 1026),
        (wait, 8, 1026),
        (77, 0, 1026),
        (wait, 8, 1026),
        (wait, 8, 1026),
    ]
    assert list(found) == [1, 1, 1, 2, 2, 3, 3, 4, 6, 7]
