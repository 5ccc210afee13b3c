"""`make golden`: rebuild what is generated and committed: documents, the drawn cast, the pictures."""

from __future__ import annotations

import subprocess
import sys

from tests.golden.documents import ROOT, documents

BUILDERS = (
    ("server.demo.people", "--out", "server/demo"),
    ("tests.client.pictures",),
    ("tests.console.pictures",),
    ("tests.golden.templates",),
)


def main() -> int:
    for path, text in documents().items():
        path.write_text(text, "utf-8")
    for builder in BUILDERS:
        print("building:", *builder)  # noqa: T201 - the progress of a command
        subprocess.run([sys.executable, "-m", *builder], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
