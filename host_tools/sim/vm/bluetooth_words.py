"""The words of the board's Bluetooth between the VM and the supervisor. Read by both sides.

Ops are those of ops.BLUETOOTH; handle is a connection's. Events come as records: RECORD (event,
length of its body), then the body: the numbers by FORMATS, then what follows them to the end, a
UUID or data. Event numbers and fields are those of MicroPython's bluetooth.BLE.irq.
"""

ACTIVE = 96  # a: 1 on, 0 off, 2 leave; the answer's value: is it on
ADDRESS = 97  # the answer's payload: address type, address
MTU = 98  # value: the preferred one, 0 leaves it; the answer's value: the preferred one
SCAN = 99  # a: 1 active; payload: SCAN_FORMAT (ms, us between windows, us of a window)
SCAN_STOP = 100
CONNECT = 101  # a: address type; payload: address, CONNECT_FORMAT (ms, shortest and longest us)
CONNECT_CANCEL = 102
DISCONNECT = 103  # b: handle
SERVICES = 104  # b: handle, payload: UUID or nothing
CHARACTERISTICS = 105  # b: handle, value: start << 16 | end, payload: UUID or nothing
DESCRIPTORS = 106  # b: handle, value: start << 16 | end
READ = 107  # b: handle, value: of the attribute
WRITE = 108  # a: 1 with response, b: handle, value: of the attribute, payload: data
EXCHANGE_MTU = 109  # b: handle
EVENTS = 110  # value: the most bytes of records; the answer's payload: records
SECURITY = 111  # a: BOND, MITM, LE_SECURE, b: io
PEER = 112  # b: handle; the answer's payload: what the secrets of that unit go by
PAIR = 113  # b: handle, payload: the secret of a bond with the unit, or nothing
PASSKEY = 114  # a: action, b: handle, value: the number

BOND, MITM, LE_SECURE = 1, 2, 4

SCAN_FORMAT = "<III"
CONNECT_FORMAT = "<6sIII"

RECORD = "<BH"
RECORD_SIZE = 3

SCAN_RESULT, SCAN_DONE, CONNECTED, DISCONNECTED = 5, 6, 7, 8
SERVICE, SERVICE_DONE, CHARACTERISTIC, CHARACTERISTIC_DONE = 9, 10, 11, 12
DESCRIPTOR, DESCRIPTOR_DONE, READ_RESULT, READ_DONE, WRITE_DONE = 13, 14, 15, 16, 17
NOTIFY, INDICATE, MTU_EXCHANGED = 18, 19, 21
ENCRYPTION, GET_SECRET, SET_SECRET = 28, 29, 30  # the passkey's, 31, never comes to a central
THEIRS = 2  # the type of secret that says whether there is a bond
KEY_SIZE = 7  # of what a secret goes by: type of address, address

# event -> (format of its numbers, what follows them: "" nothing, "u" a UUID, "d" data, "k" a key
# and data)
FORMATS = {
    SCAN_RESULT: ("<B6sbb", "d"),  # address type, address, advertisement type, RSSI
    SCAN_DONE: ("<", ""),
    CONNECTED: ("<HB6s", ""),  # handle, address type, address
    DISCONNECTED: ("<HB6s", ""),
    SERVICE: ("<HHH", "u"),  # handle, first, last
    SERVICE_DONE: ("<HH", ""),  # handle, status
    CHARACTERISTIC: ("<HHHB", "u"),  # handle, last, value's, properties
    CHARACTERISTIC_DONE: ("<HH", ""),
    DESCRIPTOR: ("<HH", "u"),  # handle, its own
    DESCRIPTOR_DONE: ("<HH", ""),
    READ_RESULT: ("<HH", "d"),  # handle, value's
    READ_DONE: ("<HHH", ""),  # handle, value's, status
    WRITE_DONE: ("<HHH", ""),
    NOTIFY: ("<HH", "d"),
    INDICATE: ("<HH", "d"),
    MTU_EXCHANGED: ("<HH", ""),  # handle, MTU
    ENCRYPTION: ("<HBBBB", ""),  # handle, encrypted, with a passkey, bonded, size of the key
    SET_SECRET: ("<B", "k"),  # type
}

# The errors, by an ESP32's numbers. NimBLE's table of them has signed bytes: ENOTCONN comes out
# as -128 there.
ENOENT = 2
EIO, ENOMEM, EBUSY, ENODEV, EINVAL, EOPNOTSUPP = 5, 12, 16, 19, 22, 95
ETIMEDOUT, EALREADY, ENOTCONN = 116, 120, 128
