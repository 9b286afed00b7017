"""Run the benchmarks named on the command line, or all of them, each in a process of its own."""

import pkgutil
import subprocess
import sys
from pathlib import Path


def main(wanted: list[str]) -> int:
    """Run the benchmarks in turn and return 0, or what the first that failed returned."""
    benchmarks = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if not module.ispkg]
    benchmarks.remove("__main__")
    if unknown := sorted(set(wanted) - set(benchmarks)):
        sys.stderr.write(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(benchmarks)}.\n")
        return 2
    for name in wanted or benchmarks:
        status = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
