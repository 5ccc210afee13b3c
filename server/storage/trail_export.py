"""Write the audit trail to a file that anybody can verify without the server or its database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from server.audit.checkpoint import Verifier
from server.audit.export import export_lines
from server.audit.verify import StoredEntry
from server.domain.events import Act, Event
from server.storage.private_file import new_private_file
from server.workflow.storage_ports import Database, Trail


def export_trail(trail: Trail, verifier: Verifier) -> Iterator[bytes]:
    """The lines of an export, the entries' private parts included, in the format of `server.audit.export`."""
    entries = (StoredEntry(entry.leaf, entry.leaf_hash, entry.private, entry.salt) for entry in trail.stream())
    return export_lines(verifier, entries, trail.checkpoints())


def export_to_file(database: Database, verifier: Verifier, file: Path) -> int:
    """Record the export and write it to a new `file`; returns how many entries it holds, its own among them.

    The file is there before the entry is: no entry speaks of an export that could not begin. Raises OSError.
    """
    with new_private_file(file) as output:
        with database.write() as unit:
            unit.commit(Event(Act.TRAIL_EXPORTED, None))
        with database.read() as view:
            output.writelines(export_trail(view.trail, verifier))
            return view.trail.size()
