"""Forms read wholly in memory: what is whole is read exactly, whatever else comes is refused as our own error."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.domain.errors import OifrError, RequestInvalid
from server.domain.image_errors import ImageTooLarge
from server.web.api.multipart import MAXIMUM_PART, MAXIMUM_PARTS, parse

KIND = "multipart/form-data; boundary=frontier"
PHOTOGRAPH = b"\xff\xd8--frontier\r\n\x00\r\n--frontie"


def part(name: str, body: bytes) -> bytes:
    return b'--frontier\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), body)


def form(*parts: bytes) -> bytes:
    return b"".join((*parts, b"--frontier--\r\n"))


WHOLE = form(part("purpose", b"{}"), part("images", PHOTOGRAPH.replace(b"--frontier\r\n", b"")))


def test_parts_are_found_by_name_in_order() -> None:
    read = parse(KIND, form(part("images", b"one"), part("purpose", b"{}"), part("images", b"two")))
    assert read.files("images") == [b"one", b"two"]
    assert read.text("purpose") == "{}"
    assert read.text("record") is None


@given(
    bodies=st.lists(st.binary(max_size=200).filter(lambda body: b"\r\n--frontier" not in b"\r\n" + body), max_size=5)
)
@settings(deadline=None)
def test_bytes_come_through_unchanged(bodies: list[bytes]) -> None:
    assert parse(KIND, form(*(part("images", body) for body in bodies))).files("images") == bodies


@pytest.mark.parametrize("length", range(len(WHOLE) - len("--\r\n")))
def test_a_form_cut_off_anywhere_is_refused(length: int) -> None:
    with pytest.raises(RequestInvalid):
        parse(KIND, WHOLE[:length])


@given(kind=st.text(st.characters(max_codepoint=255), max_size=60), body=st.binary(max_size=300))
@settings(deadline=None)
def test_no_other_error_comes_out(kind: str, body: bytes) -> None:
    for content_type in (kind, KIND, f"multipart/form-data; boundary={kind}"):
        try:
            parse(content_type, body)
        except OifrError as refused:
            assert isinstance(refused, RequestInvalid)  # noqa: PT017 - a random body may also be a form


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=frontier",
        "multipart/form-data; boundary=other",
        f"multipart/form-data; boundary={'x' * 5000}",
    ],
)
def test_another_kind_or_boundary_is_refused(kind: str) -> None:
    with pytest.raises(RequestInvalid):
        parse(kind, WHOLE)


def test_a_header_without_end_is_refused() -> None:
    with pytest.raises(RequestInvalid):
        parse(KIND, b"--frontier\r\nContent-Disposition: " + b"x" * 1_000_000)


def test_parts_are_counted() -> None:
    most = [part("images", b"")] * MAXIMUM_PARTS
    assert len(parse(KIND, form(*most)).parts) == MAXIMUM_PARTS
    with pytest.raises(RequestInvalid):
        parse(KIND, form(*most, part("images", b"")))


def test_a_part_is_as_long_as_the_longest_photograph_at_most() -> None:
    longest = bytes(MAXIMUM_PART)
    assert len(parse(KIND, form(part("images", longest))).files("images")[0]) == MAXIMUM_PART
    with pytest.raises(ImageTooLarge):
        parse(KIND, form(part("images", longest + b"\0")))


def test_a_text_is_there_once_and_in_utf_8() -> None:
    for twice in ([b"{}", b"{}"], [b"\xff"]):
        read = parse(KIND, form(*(part("purpose", body) for body in twice)))
        with pytest.raises(RequestInvalid):
            read.text("purpose")
