"""The words between the board's VM and the supervisor: fixed 25-byte messages over two pipes.

Request: op, a (uint8), b (uint16), payload length, board time in us, value, number. One with the
number of the request before is that one, sent again. Reply: the same shape with op 0, b the errno
(0: done) and a the bits of what else happened: BREAK, EVENT. Read by both sides, so it is written
once.
"""

HEADER = "<BBHIqqB"
HEADER_SIZE = 25

# Time and power
WAIT = 1  # value: board time to wake at (-1: never), b: what to wake for: a bitmask of UARTs, and
# SOCKETS for those that the payload lists (pairs of fd and events), CONSOLE; a: 1 if the firmware's
# loop is held up by it; the answer's value: which of them are ready
TIME = 2  # what time is it? (only at the REPL, where board time follows real time)
STATE = 3  # a: BOOTING, RUNNING or REPL; b: 1 if this is main.py or what comes after it
RESET = 4  # a: 1 hard, 0 soft
RTC_SET = 5  # value: unix time in us
WDT_START = 6  # value: timeout in ms
WDT_FEED = 7
RTC_MEMORY = 9  # payload: what to keep over resets, a: 1; or a: 0, the answer's payload: that
CONSOLE_READ = 10  # value: at most so many; the answer's payload: what the PC has sent to main.py
MEMORY = 8  # a: GREW, TAKEN, GIVEN or REFUSED, value: the largest free block, payload: bytes of the
# Python heap, of those in use, and free in ESP-IDF's heap (uint32 each), what took or wanted memory
GREW, TAKEN, GIVEN, REFUSED = 0, 1, 2, 3

# Hardware
ERASE = 16  # value: byte address
PROGRAM = 17  # value: byte address, payload: data
I2C_WRITE = 18  # a: address, b: SCL pin << 8 | SDA pin, value: frequency in Hz, payload: bytes
I2C_READ = 19  # the same, payload: how many bytes
I2C_SCAN = 20  # b, value: as above; the answer's payload: addresses
PIN_WRITE = 21  # a: pin, value: level
PIN_READ = 22  # a: pin, value: level it idles at
UART_OPEN = 23  # a: id, b: rx pin, value: baud rate, payload: uint32 size of the receive buffer
UART_CLOSE = 24  # a: id
UART_ANY = 25  # a: id; the answer's value: bytes waiting
UART_READ = 26  # a: id, value: the most bytes; the answer's payload: bytes
UART_WRITE = 27  # a: id, payload: bytes
HARDWARE = ERASE  # from here on

# What is not soldered to the board has a range of ops each, its words in a file of its own
NETWORK = range(64, 96)
BLUETOOTH = range(96, 128)

# Bits of WAIT's b and of its answer, besides the UARTs' 1 << id
SOCKETS = 1 << 8
CONSOLE = 1 << 9  # main.py's standard input

# Bits of a reply's a
BREAK = 1  # somebody pressed Ctrl-C
EVENT = 2  # a device has events for its interrupt handler: link.on_event fetches them

BOOTING, RUNNING, REPL = 0, 1, 2

RAW = b"\x00\x1braw"  # on the terminal, and two bytes: how many go to the PC without CR for LF
