"""What the virtual board does between reset and its REPL: hardware, file system, boot.py, main.py.

Started by the supervisor as: micropython -i start.py, with its settings in the arguments.
"""

import sys


def _power_up(settings):
    # The board's modules replace the computer's before anything imports asyncio.
    import board_asyncio
    import board_bluetooth
    import board_console
    import board_errno
    import board_machine
    import board_network
    import board_select
    import board_socket
    import board_time
    import board_tls
    import flash
    import link

    _room_for_names()
    fd_in, fd_out, now, boot, wall, cause, cpu, baud, chip, version, image, blocks, kind = settings
    link.open_pipes(fd_in, fd_out, int(now), int(wall), int(cpu))
    board_time.boot_us = int(boot)
    board_machine._cause = int(cause)
    for name, module in (
        ("time", board_time),
        ("select", board_select),
        ("_asyncio", board_asyncio),
        ("errno", board_errno),
        ("machine", board_machine),
        ("bluetooth", board_bluetooth),
        ("network", board_network),
        ("socket", board_socket),
        ("tls", board_tls),
    ):
        sys.modules[name] = module
    board_console.start(int(baud))
    memory = None if chip == "-" else _be_an_esp32()
    if not memory and cpu == "0":
        import roomy_gc

        sys.modules["gc"] = roomy_gc
    disk = flash.bdev = flash.Flash(image, int(blocks))
    sys.modules["flashbdev"] = flash  # as the ESP32's own
    link.set_state(0)
    _mount(disk, kind)
    if memory:
        _import_frozen()
        memory.start(chip, tuple([int(part) for part in version.split(".")]))


def _room_for_names():
    """The VM's table of names doubles when it is full, in one piece of many KB. So that it does not
    while a firmware runs: half of the names are the board's own, of which an ESP32 has none.
    """
    for i in range(700):
        hasattr(sys, "~%d" % i)


def _be_an_esp32():
    """The module with its memory, to be started when the file system is there."""
    import board_esp32
    import board_gc
    import board_thread
    import memory

    sys.modules["esp32"] = board_esp32
    sys.modules["gc"] = board_gc
    sys.modules["_thread"] = board_thread
    return memory


def _import_frozen():
    """What stock firmware has frozen in takes none of the heap."""
    try:
        import umqtt.simple  # noqa: F401
    except ImportError:
        pass


def _mount(chip, kind):
    import vfs

    vfs.umount("/")
    systems = {"littlefs": vfs.VfsLfs2, "fat": vfs.VfsFat}
    for system in systems.values():
        try:
            vfs.mount(system(chip), "/")
            break
        except OSError:
            pass
    else:
        print("Performing initial setup")  # as the ESP32 does with an empty flash
        systems[kind].mkfs(chip)
        vfs.mount(systems[kind](chip), "/")
    sys.path[:] = ["", ".frozen", "/lib"]
    sys.argv[:] = []


def _run(name, up):
    """What MicroPython does with boot.py and main.py. True: go on."""
    import os

    import link

    try:
        os.stat(name)
    except OSError:
        return True
    try:
        link.set_state(1, up)
        execfile(name)
    except SystemExit:
        import machine

        machine.soft_reset()
    except BaseException as error:
        sys.print_exception(error)
        return False
    return True


def _boot(run_main):
    import gc

    import link

    if _run("boot.py", 0) and run_main:  # not after a boot.py that failed, as on the ESP32
        _run("main.py", 1)
    gc.collect()
    link.set_state(2, 1)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    _settings = sys.argv[3:]
    _run_main = sys.argv[2] == "main"
    _power_up(_settings)
    _boot(_run_main)
