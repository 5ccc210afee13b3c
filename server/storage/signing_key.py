"""The Ed25519 key that signs the audit trail's checkpoints."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

from server.audit.checkpoint import Signer
from server.domain.errors import SealBroken
from server.storage.crypto import fresh_key
from server.storage.private_file import load_or_create


def load_signer(path: Path, origin: str) -> Signer:
    """The signer of the trail `origin`; its key file is made with mode 0600 at the first call.

    `load_signer(...).verifier.text()` is the public verifier key to hand to auditors. Raises SealBroken when the
    file is damaged or others can read it.
    """
    content = load_or_create(path, lambda: b64encode(fresh_key()) + b"\n")
    try:
        return Signer.from_seed(origin, b64decode(content.strip(), validate=True))
    except ValueError:
        raise SealBroken("The signing key file is damaged: it must hold the base64 text of 32 bytes.") from None
