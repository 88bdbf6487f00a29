"""The memory of the chips that the virtual board can be, in KB. Read by both sides.

Where the figures are from: sizes of the Python heap that such boards have been seen to reach with
and without their radios, on stock MicroPython 1.27; the WROOM's regions of 15 and 111 KB are those
that MicroPython's documentation shows.

regions: free memory of ESP-IDF when MicroPython has started, its Python heap's first area included.
before_1_26: how much less that was in older versions. first: that area. wifi, ble: what a radio
takes when it is switched on. exec: memory for native code.
"""

CHIPS = {
    "wroom": {
        "machine": "Generic ESP32 module with ESP32",
        "regions": (83, 15, 111),
        "before_1_26": 19,
        "first": 56,
        "wifi": 55,
        "ble": 40,
        "exec": 11,
    },
    "c3": {
        "machine": "ESP32C3 module with ESP32C3",
        "regions": (207,),
        "before_1_26": 0,
        "first": 64,
        "wifi": 52,
        "ble": 47,
        "exec": 0,
    },
    "s3": {
        "machine": "Generic ESP32S3 module with ESP32S3",
        "regions": (250,),
        "before_1_26": 0,
        "first": 64,
        "wifi": 55,
        "ble": 47,
        "exec": 0,
    },
}
TLS = 38  # a connection
SOCKET = 5
PACKET = 2  # without so much nothing can be sent or received
PIECES = 1.5  # of each region, too small to become a part of the Python heap
KB = 1024

# Bytes of a logger on the unix port for each byte on a 32-bit board, in percent: the live bytes of
# four configs, the same code compiled for both, differ by 1.460 to 1.475
SCALE = 147
# A heap that is fuller than this after a collection, in percent, has no piece left for what comes
FULL = 92
# Bytes of the Python heap that are in use when boot.py begins, measured on RV32
BOOT = 1728
