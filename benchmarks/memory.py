"""What a process that renders order forms holds: prints its megabytes after each tenth of them, as a JSON list.

Usage: python -m benchmarks.memory [COUNT]
"""

import json
import sys
from pathlib import Path

from benchmarks import rose
from templates.documents import order_form


def resident() -> float:
    """Megabytes that this process holds now."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def main() -> None:
    """Renders and prints."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    held = []
    for n in range(count):
        order_form.render(rose.order_form(n))
        if (n + 1) % (count // 10) == 0:
            held.append(resident())
    print(json.dumps(held))


if __name__ == "__main__":
    main()
