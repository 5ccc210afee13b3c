"""Regenerate the demo's pictures and records: `python -m server.demo.people --out DIR [--check]`."""

import argparse
import sys
from pathlib import Path

from server.demo.people.cast import ENROLLED, Kind, Photograph, photographs
from server.demo.people.records import cast_document
from server.demo.people.studio import TOLERANCE, differences, write_all

CHECKED = (
    Photograph(3, Kind.FRONTAL),
    Photograph(4, Kind.LYING),
    Photograph(ENROLLED, Kind.UPRIGHT),
)
RECORDS_FILE = "cast.json"


def main() -> int:
    """Write everything, or compare a sample; the exit status tells whether the sample agreed."""
    parser = argparse.ArgumentParser(prog="python -m server.demo.people", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory of gallery/, field/ and cast.json")
    parser.add_argument("--check", action="store_true", help="compare a sample with the files in --out")
    arguments = parser.parse_args()
    return _check(arguments.out) if arguments.check else _write(arguments.out)


def _write(directory: Path) -> int:
    everything = photographs()
    for done, photograph in enumerate(write_all(everything, directory), start=1):
        sys.stderr.write(f"\r{done}/{len(everything)} {photograph.path}")
    sys.stderr.write("\n")
    (directory / RECORDS_FILE).write_text(cast_document(), encoding="utf-8")
    return 0


def _check(directory: Path) -> int:
    agrees = (directory / RECORDS_FILE).read_text(encoding="utf-8") == cast_document()
    sys.stdout.write(f"{RECORDS_FILE}: {'same' if agrees else 'differs'}\n")
    for photograph, difference in differences(CHECKED, directory):
        sys.stdout.write(f"{photograph.path}: mean difference {difference:.2f} of 255\n")
        agrees = agrees and difference <= TOLERANCE
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
