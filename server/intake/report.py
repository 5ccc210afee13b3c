"""What was refused, as a CSV for whoever mends the source: no photograph, and of the person the record number alone."""

from __future__ import annotations

import csv
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from server.domain.image_errors import PoorImage
from server.workflow.intake import Refusal

HEADER: Final = ("row", "record_number", "image", "problem", "reason")

_FORMULA = re.compile(r"(^|[;,|])(\s*)([=+\-@\uff1d\uff0b\uff0d\uff20])")
"""A formula's first character, also in full width, at the start of a cell or of what another separator makes one."""

UNSEEN: Final = ("Cc", "Cf", "Zl", "Zp")
"""Unicode's categories of controls, of marks that turn text around or hide it, and of ends of lines."""


@contextmanager
def reject_report(file: Path) -> Iterator[Callable[[Iterable[Refusal]], None]]:
    """Takes refusals, and puts the report in the place of an earlier one when the block has ended well.

    Until then, and after a failure, an earlier report stays as it was. It is readable for its owner alone.
    """
    part = file.with_name(f"{file.name}.part")
    opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8", errors="backslashreplace", newline="") as text:
        rows = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        rows.writerow(HEADER)
        yield lambda refusals: rows.writerows(_cells(refusal) for refusal in refusals)
        text.flush()
        os.fsync(opened)
    part.replace(file)


def reason_of(refusal: Refusal) -> str:
    """The sentence, and for a poor photograph what is the matter with it."""
    advice = refusal.error.advice if isinstance(refusal.error, PoorImage) else ()
    return " ".join([str(refusal.error), *advice])


def _cells(refusal: Refusal) -> tuple[str, ...]:
    told = (refusal.record_number, refusal.place, refusal.error.slug, reason_of(refusal))
    return (str(refusal.number), *map(inert, told))


def inert(cell: str) -> str:
    """A cell that is one line and no formula, whichever separator a spreadsheet expects (OWASP, "CSV Injection")."""
    seen = "".join("\ufffd" if unicodedata.category(sign) in UNSEEN else sign for sign in cell)
    return _FORMULA.sub(r"\1\2'\3", seen)
