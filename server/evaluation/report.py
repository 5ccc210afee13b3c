"""The findings as one self-contained page: no script, no outside reference, no face, no person's score."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from server.evaluation import alterations, words
from server.evaluation.figures import figures_of
from server.evaluation.findings import Findings
from server.evaluation.plots import share_of

PAGE = "report.html"
STYLE = "report.css"
HERE = Path(__file__).parent


def report_of(findings: Findings) -> str:
    """The page as HTML text."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": words.per_cent,
        "share": share_of,
        "interval": words.interval,
        "counted": words.counted,
        "method": words.method,
        "measure": words.measure,
        "refusal": words.refusal,
    }
    # Written by us and kept beside this module, not taken from anybody.
    style = Markup((HERE / STYLE).read_text("utf-8"))  # noqa: S704
    return environment.get_template(PAGE).render(
        found=findings,
        plan=findings.plan,
        counts=findings.counts,
        in_use=findings.points[0],
        figures=figures_of(findings),
        lists=words.lists(findings.plan.cap, findings.lists),
        made=alterations,
        style=style,
    )
