"""What asyncio expects of its built-in part _asyncio: a queue of tasks by time, and Task.

The built-in one reads the computer's clock; this one goes by the board's. Tasks due at the same
tick run in the order in which they were queued.
"""

from board_time import ticks_diff, ticks_ms

_core = None  # globals of asyncio.core: cur_task, _task_queue, CancelledError


class TaskQueue:
    def __init__(self):
        self._tasks = []

    def peek(self):
        return self._tasks[0] if self._tasks else None

    def push(self, task, key=None):
        task.data = None
        task.ph_key = key = ticks_ms() if key is None else key
        tasks = self._tasks
        i = len(tasks)
        while i and ticks_diff(tasks[i - 1].ph_key, key) > 0:
            i -= 1
        tasks.insert(i, task)

    def pop(self):
        if not self._tasks:
            raise IndexError("empty heap")
        return self._tasks.pop(0)

    def remove(self, task):
        self._tasks.remove(task)


class Task:
    def __init__(self, coro, globals=None):
        global _core
        self.coro = coro
        self.data = None  # the queue or task it waits on, or what it ended with
        self.state = True  # True running, TaskQueue awaited, None ended, False ended and known
        self.ph_key = 0
        if globals is not None:
            _core = globals

    def __iter__(self):
        if not self.state:
            self.state = False
        elif self.state is True:
            self.state = TaskQueue()
        elif not isinstance(self.state, TaskQueue):
            raise RuntimeError("can't wait")
        return self

    def __next__(self):
        if not self.state:
            raise self.data
        waiter = _core["cur_task"]
        self.state.push(waiter)
        waiter.data = self

    def done(self):
        return not self.state

    def cancel(self):
        if not self.state:
            return False
        if self is _core["cur_task"]:
            raise RuntimeError("can't cancel self")
        task = self
        while isinstance(task.data, Task):
            task = task.data
        queue = _core["_task_queue"]
        if hasattr(task.data, "remove"):
            task.data.remove(task)
            queue.push(task)
        elif ticks_diff(task.ph_key, ticks_ms()) > 0:
            queue.remove(task)
            queue.push(task)
        task.data = _core["CancelledError"]
        return True
