"""`make bench`: accuracy and speed of every room that has a measurement, each beside a peer in the same run."""

from __future__ import annotations

import subprocess
import sys

PARTS = (
    "bench.speed",
    "bench.face",
    "bench.agreement",
    "bench.quality",
    "bench.recapture",
    "bench.search",
    "bench.deepface_search",
    "bench.enrolment",
)


def main() -> int:
    """Run each part in a process of its own, so that none measures the memory or threads of another."""
    codes = [subprocess.run([sys.executable, "-m", part], check=False).returncode for part in PARTS]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
