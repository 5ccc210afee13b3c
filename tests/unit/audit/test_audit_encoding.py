import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit.encoding import Entry, canonical, commitment, parse_canonical
from server.audit.errors import MalformedEntry, NotCanonical
from tests.unit.audit.audit_trail import entry

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
names = texts.filter(bool)
entries = st.builds(
    Entry,
    index=st.integers(0, 2**53 - 1),
    at=st.datetimes(timezones=st.just(UTC)),
    kind=names,
    actor=names,
    search=st.none() | names,
    details=st.dictionaries(texts, json_values, max_size=4),
    commitment=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
)

LEAF = (
    b'{"actor":"officer-1","at":"2026-11-23T09:00:00.000000Z","commitment":null,'
    b'"details":{"candidates":0},"index":0,"kind":"search-answered","search":null,"v":1}'
)


def test_leaf_is_the_documented_text() -> None:
    nine = datetime(2026, 11, 23, 9, tzinfo=UTC)
    written = Entry(0, nine, "search-answered", "officer-1", None, {"candidates": 0}, None)
    assert written.leaf() == LEAF


@given(entries)
def test_entry_survives_its_leaf(given_entry: Entry) -> None:
    assert Entry.from_leaf(given_entry.leaf()) == given_entry
    assert Entry.from_leaf(given_entry.leaf()).leaf() == given_entry.leaf()


@given(json_values)
def test_canonical_json_is_read_back(value: object) -> None:
    assert parse_canonical(canonical(value)) == value


@given(json_values)
def test_plain_json_is_refused_unless_it_is_canonical(value: object) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    if text == canonical(value):
        assert parse_canonical(text) == value
    else:
        with pytest.raises(NotCanonical):
            parse_canonical(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b' {"a":1}',
        b'{"a":1}\n',
        b'{"b":1,"a":2}',
        b'{"a":1.0}',
        b'{"a":1e0}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e999}',
        b'{"a":9007199254740993}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"[" * 100_000,
        b"1" * 5000,
    ],
)
def test_other_spellings_are_refused(text: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse_canonical(text)


@pytest.mark.parametrize("value", [{1: 2}, {"a": object()}, 2**53, float("nan"), "\ud800", {"a": b"bytes"}])
def test_what_is_not_json_is_refused_without_repeating_it(value: object) -> None:
    with pytest.raises(NotCanonical, match=r"^the value cannot be written as canonical JSON$"):
        canonical(value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("index", -1),
        ("index", True),
        ("index", "1"),
        ("index", 2**53),
        ("at", datetime(2026, 11, 23)),  # noqa: DTZ001  # the missing zone is the point
        ("at", datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=1)))),
        ("at", "2026-11-23T09:00:00.000000Z"),
        ("kind", ""),
        ("actor", None),
        ("search", ""),
        ("details", []),
        ("commitment", "ab"),
        ("commitment", "AB" * 32),
    ],
)
def test_entry_refuses_a_field_of_another_kind(field: str, value: object) -> None:
    with pytest.raises(MalformedEntry):
        replace(entry(0), **{field: value})  # type: ignore[arg-type]  # wrong on purpose


def test_details_that_are_not_json_make_no_leaf() -> None:
    with pytest.raises(MalformedEntry):
        replace(entry(0), details={"at": datetime.now(UTC)}).leaf()


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b',"v":1', b""),
        (b'"v":1', b'"v":1,"x":1'),
        (b"09:00:00.000000Z", b"09:00:00Z"),
        (b"09:00:00.000000Z", b"09:00:00.000000+00:00"),
        (b'"2026-11-23T09:00:00.000000Z"', b"1"),
        (b'"2026-11-23T09:00:00.000000Z"', b'"yesterday"'),
        (b'"index":0', b'"index":0.5'),
        (b'"index":0', b'"index": 0'),
    ],
)
def test_a_leaf_with_another_form_is_refused(found: bytes, put: bytes) -> None:
    assert found in LEAF
    with pytest.raises(MalformedEntry):
        Entry.from_leaf(LEAF.replace(found, put))


@pytest.mark.parametrize("leaf", [b"[]", b"null", b"\x00", LEAF[:-1]])
def test_what_is_no_leaf_is_refused(leaf: bytes) -> None:
    with pytest.raises(MalformedEntry):
        Entry.from_leaf(leaf)


def test_commitment_is_the_documented_hash() -> None:
    expected = sha256(b"s" * 16 + b'{"a":1,"b":"x"}').hexdigest()
    assert commitment(b"s" * 16, {"b": "x", "a": 1}) == expected


def test_erasing_private_data_leaves_the_leaf_as_it_was() -> None:
    committed = entry(1)
    assert b"words of the officer" not in committed.leaf()
