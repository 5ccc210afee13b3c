"""Write the audit trail to a file that anybody can verify without the server or its database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from server.audit.checkpoint import Verifier
from server.audit.export import export_lines
from server.audit.verify import StoredEntry
from server.workflow.ports import Trail


def export_trail(trail: Trail, verifier: Verifier) -> Iterator[bytes]:
    """The lines of an export, the entries' private parts included, in the format of `server.audit.export`."""
    entries = (StoredEntry(entry.leaf, entry.leaf_hash, entry.private, entry.salt) for entry in trail.stream())
    return export_lines(verifier, entries, trail.checkpoints())


def write_export(trail: Trail, verifier: Verifier, file: Path) -> None:
    """Write an export to a new `file` with mode 0600: it holds names and free texts in clear."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as output:
        output.writelines(export_trail(trail, verifier))
