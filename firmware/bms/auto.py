"""No BMS: what config.json says of a pack whose kind finder.py finds out. The board never imports
this.
"""

FINDS = True  # not among the BMSs
LINKS = {"ble": {}}
KEYS = {"timeout_s": ("number", (3, 3600), 15)}
HINTS = ("BMS on, in reach?", "Phone app closed?")  # what to check when it is silent
