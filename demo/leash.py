"""Run a command in place of this process, so that it ends when its parent does, however its parent ends.

``python -m demo.leash COMMAND ARGUMENT…``. Only Linux can do that; elsewhere the command merely runs.
"""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
"""From ``linux/prctl.h``: the signal to send to this process when its parent dies. It outlives ``exec``."""


def main(command: list[str]) -> None:
    """Tie this process to its parent and become the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
