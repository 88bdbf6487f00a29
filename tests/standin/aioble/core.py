"""The radio and who is told of its events."""

import bluetooth

ble = bluetooth.BLE()
_on_event = []
_on_stop = []


class GattError(Exception):
    """The peer answered with this ATT error."""

    def __init__(self, status):
        super().__init__(status)
        self._status = status


def register_irq_handler(irq, shutdown):
    """irq(event, data) for every event, until one returns something; shutdown() after stop()."""
    if irq:
        _on_event.append(irq)
    if shutdown:
        _on_stop.append(shutdown)


def ble_irq(event, data):
    for irq in _on_event:
        answer = irq(event, data)
        if answer is not None:
            return answer
    return None


def ensure_active():
    """Switch the radio on unless it is."""
    if not ble.active():
        ble.active(True)


def config(*names, **values):
    """As bluetooth.BLE.config, with the radio on."""
    ensure_active()
    return ble.config(*names, **values)


def stop():
    """Switch the radio off."""
    ble.active(False)
    for shutdown in _on_stop:
        shutdown()


ble.irq(ble_irq)
