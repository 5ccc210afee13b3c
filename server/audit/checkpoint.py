"""Signed checkpoints: C2SP tlog-checkpoint inside a C2SP signed-note, with Ed25519.

    oifr.example
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — oifr.example Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDe...

The first line names the log, the second its size, the third its root. The format is that
of other transparency logs, so their witnesses can sign beside us. https://c2sp.org
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from server.audit.errors import CheckpointInvalid, MalformedKey

_ED25519 = b"\x01"
_KEY_ID_LENGTH = 4
_CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE_LINE = re.compile(r"— (\S+) (\S+)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: the root (32 bytes) over its first `size` entries."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def from_text(cls, text: str) -> "Checkpoint":
        """Raises `CheckpointInvalid` unless the text is three lines as `text()` writes them."""
        lines = _CHECKPOINT.fullmatch(text)
        if lines is None:
            raise CheckpointInvalid("the note is not a checkpoint")
        return cls(lines[1], int(lines[2]), _base64(lines[3]))


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key (32 bytes) and the name of the log that signs with it."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not self.name.isprintable() or not re.fullmatch(r"[^\s+]+", self.name):
            raise MalformedKey("a key name is printable, without spaces or plus signs")
        if len(self.public_key) != 32:
            raise MalformedKey("an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public_key).digest()[:_KEY_ID_LENGTH]

    def text(self) -> str:
        """The verifier key as people pass it on: name+keyid+base64(0x01 || public key)."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(_ED25519 + self.public_key).decode()}"

    @classmethod
    def from_text(cls, text: str) -> "Verifier":
        """Undo `text()`. Raises `MalformedKey` when the key id does not fit the key."""
        name, _, rest = text.partition("+")
        _, _, encoded = rest.partition("+")
        try:
            key = b64decode(encoded, validate=True)
        except ValueError:
            raise MalformedKey("the key is not base64") from None
        verifier = cls(name, key[1:])
        if verifier.text() != text:
            raise MalformedKey("the key id does not fit the key")
        return verifier

    def signed(self, text: str, signature: bytes) -> bool:
        key = Ed25519PublicKey.from_public_bytes(self.public_key)
        try:
            # A text that is no UTF-8 was never signed; it must fail here, not in the encoder.
            key.verify(signature, text.encode(errors="surrogatepass"))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """The private key of a log."""

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> "Signer":
        """`seed` is the 32-byte secret of RFC 8032."""
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.private_key.public_key().public_bytes_raw())


def sign(checkpoint: Checkpoint, signer: Signer) -> str:
    """The signed note of a checkpoint. Raises `CheckpointInvalid` when the log is not the signer's."""
    if checkpoint.origin != signer.name:
        raise CheckpointInvalid("the checkpoint is of another log")
    return sign_note(checkpoint.text(), signer)


def verify(note: str, verifier: Verifier) -> Checkpoint:
    """The checkpoint in a note. Raises `CheckpointInvalid` unless its own log's key signed it."""
    checkpoint = Checkpoint.from_text(open_note(note, verifier))
    if checkpoint.origin != verifier.name:
        raise CheckpointInvalid("the checkpoint is of another log")
    return checkpoint


def sign_note(text: str, signer: Signer) -> str:
    """C2SP signed-note: the text, a blank line, and one signature line."""
    signature = signer.verifier.key_id + signer.private_key.sign(text.encode())
    return f"{text}\n— {signer.name} {b64encode(signature).decode()}\n"


def open_note(note: str, verifier: Verifier) -> str:
    """The text of a note that the key signed. Signatures of other keys are passed over.

    Raises `CheckpointInvalid` when the note is malformed or the key's signature is
    missing or wrong.
    """
    text, _, signatures = note.rpartition("\n\n")
    if not text or not signatures.endswith("\n"):
        raise CheckpointInvalid("the note has no signatures")
    lines = [_parse_signature(line) for line in signatures[:-1].split("\n")]
    ours = [signature for name, key_id, signature in lines if (name, key_id) == (verifier.name, verifier.key_id)]
    if not ours:
        raise CheckpointInvalid("the key did not sign this note")
    if not all(verifier.signed(text + "\n", signature) for signature in ours):
        raise CheckpointInvalid("the signature is wrong")
    return text + "\n"


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    parts = _SIGNATURE_LINE.fullmatch(line)
    if parts is None:
        raise CheckpointInvalid("a signature line is malformed")
    decoded = _base64(parts[2])
    return parts[1], decoded[:_KEY_ID_LENGTH], decoded[_KEY_ID_LENGTH:]


def _base64(text: str) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except ValueError:
        raise CheckpointInvalid("a base64 field is malformed") from None
    # Spare bits must be zero, so that one checkpoint has one spelling.
    if b64encode(decoded).decode() != text:
        raise CheckpointInvalid("a base64 field is malformed")
    return decoded
