"""Signed notes against the published example of Go's sumdb/note, and checkpoints on top."""

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest

from server.audit.checkpoint import Checkpoint, Signer, Verifier, open_note, sign, sign_note, verify
from server.audit.errors import CheckpointInvalid, MalformedKey
from tests.unit.audit.audit_trail import OTHER_SIGNER, SIGNER

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = GO_TEXT + (
    "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)

CHECKPOINT = Checkpoint("oifr.example", 12, bytes(range(32)))
NOTE = sign(CHECKPOINT, SIGNER)


def test_go_key_is_read_and_written() -> None:
    assert Verifier.from_text(GO_KEY).text() == GO_KEY
    assert Signer.from_seed("PeterNeumann", b64decode(GO_SECRET)[1:]).verifier.text() == GO_KEY


def test_go_note_is_signed_byte_for_byte_and_opened() -> None:
    signer = Signer.from_seed("PeterNeumann", b64decode(GO_SECRET)[1:])
    assert sign_note(GO_TEXT, signer) == GO_NOTE
    assert open_note(GO_NOTE, Verifier.from_text(GO_KEY)) == GO_TEXT


def test_a_signature_of_another_key_beside_ours_is_passed_over() -> None:
    assert open_note(GO_NOTE + ENOCH_LINE, Verifier.from_text(GO_KEY)) == GO_TEXT
    assert verify(NOTE + ENOCH_LINE, SIGNER.verifier) == CHECKPOINT


def test_rfc_8032_key_gives_its_public_key() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert Signer.from_seed("a", seed).verifier.public_key.hex() == public


def test_checkpoint_has_the_c2sp_form() -> None:
    example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.from_text(example)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == example


def test_checkpoint_survives_its_note() -> None:
    assert verify(NOTE, SIGNER.verifier) == CHECKPOINT


def test_every_changed_character_of_a_note_is_refused() -> None:
    for at in range(len(NOTE)):
        changed = NOTE[:at] + chr(ord(NOTE[at]) ^ 1) + NOTE[at + 1 :]
        with pytest.raises(CheckpointInvalid):
            verify(changed, SIGNER.verifier)


def test_every_cut_of_a_note_is_refused() -> None:
    for length in range(len(NOTE)):
        with pytest.raises(CheckpointInvalid):
            verify(NOTE[:length], SIGNER.verifier)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "oifr.example\n12\n",
        "oifr.example\n012\n" + b64encode(bytes(32)).decode() + "\n",
        "oifr.example\n-1\n" + b64encode(bytes(32)).decode() + "\n",
        "oifr.example\n12\n" + b64encode(bytes(31)).decode() + "\n",
        "oifr.example\n12\n" + b64encode(bytes(33)).decode() + "\n",
        "oifr.example\n12\n" + b64encode(bytes(32)).decode() + "\nmore\n",
        "oifr.example\n12\n" + "é" * 44 + "\n",
        "another.example\n12\n" + b64encode(bytes(32)).decode() + "\n",
        "\ud800\n12\n" + b64encode(bytes(32)).decode() + "\n",
    ],
)
def test_a_signed_note_that_is_no_checkpoint_of_the_log_is_refused(text: str) -> None:
    encoded = text.encode(errors="surrogatepass")
    signature = SIGNER.verifier.key_id + SIGNER.private_key.sign(encoded)
    signed = f"{text}\n— {SIGNER.name} {b64encode(signature).decode()}\n"
    with pytest.raises(CheckpointInvalid):
        verify(signed, SIGNER.verifier)


def test_another_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(CheckpointInvalid):
        verify(NOTE, OTHER_SIGNER.verifier)


def test_a_signer_does_not_sign_for_another_log() -> None:
    with pytest.raises(CheckpointInvalid):
        sign(replace(CHECKPOINT, origin="another.example"), SIGNER)


def test_every_mangled_key_text_is_refused() -> None:
    pieces = {GO_KEY[start:end] for start in range(len(GO_KEY)) for end in range(start, len(GO_KEY) + 1)}
    bumped = {GO_KEY[:at] + chr(ord(GO_KEY[at]) + 1) + GO_KEY[at + 1 :] for at in range(len(GO_KEY))}
    for text in (pieces | bumped) - {GO_KEY}:
        with pytest.raises(MalformedKey):
            Verifier.from_text(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\x01b", "a\u2003b", "\ud800"])
def test_a_key_name_that_would_break_a_note_is_refused(name: str) -> None:
    with pytest.raises(MalformedKey):
        Verifier(name, bytes(32))


def test_a_signer_does_not_show_its_key() -> None:
    assert repr(SIGNER) == "Signer(name='oifr.example')"
