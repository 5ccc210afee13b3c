"""What can be wrong with an audit record. No message repeats the record's content."""


class AuditError(Exception):
    """Base of every error of this package."""


class NotCanonical(AuditError):
    """A value or a text is not canonical JSON (RFC 8785)."""


class MalformedEntry(AuditError):
    """An entry, or the leaf that should hold one, breaks the entry format."""


class OutsideTree(AuditError):
    """A proof or a root was asked for outside the bounds of the tree."""


class ProofInvalid(AuditError):
    """An inclusion or consistency proof does not lead to the expected root."""


class MalformedKey(AuditError):
    """A verifier key text cannot be read, or its parts contradict one another."""


class CheckpointInvalid(AuditError):
    """A checkpoint cannot be read, or the expected key did not sign it."""


class MalformedExport(AuditError):
    """An export file breaks its format; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
