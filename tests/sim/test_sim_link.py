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
