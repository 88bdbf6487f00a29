"""More of the simulator's files that write frames, for the tests beside this: apart from those of
asked_stream.py, so that what counts does not have all of them in memory.
"""

import sys

HERE = __file__.rsplit("/", 1)[0]
sys.path.append(HERE + "/../../host_tools/sim/units")
import ant_old_wire  # noqa: E402, F401
import ant_wire  # noqa: E402, F401
import cbt_wire  # noqa: E402, F401
import eg4_wire  # noqa: E402, F401
import pace_wire  # noqa: E402, F401
import redodo_wire  # noqa: E402, F401
import renogy_wire  # noqa: E402, F401
import seplos_v2_wire  # noqa: E402, F401
import seplos_v3_wire  # noqa: E402, F401
import sok_wire  # noqa: E402, F401
import tdt_wire  # noqa: E402, F401

sys.path.pop()
