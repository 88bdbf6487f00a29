# Runs before main.py, and is the way back in when main.py is broken: a board whose BOOT button is
# held down at start-up (press it right after reset) stays at the REPL.
from machine import Pin

safe_mode = not Pin(0, Pin.IN, Pin.PULL_UP).value()
