"""Where the native code of the encoder's inner loops lies.

An ESP32 has it outside of the heap, in memory that is scarce and never given back: there it is
loaded once, first of all, and stays. Elsewhere it comes and goes with the modules that use it.
"""

import sys

STAYS = sys.platform == "esp32"
lost = False  # was there no room for what stays? Another attempt would only take more


def keep():
    """Load what stays."""
    global lost
    try:
        if STAYS:
            from store import columns_viper, deflate_viper, fit_viper  # noqa: F401
    except ImportError:  # the plain twins are installed
        pass
    except MemoryError:
        lost = True
