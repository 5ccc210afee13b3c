"""The page stands alone: no script, nothing from outside, nobody's face, and well-formed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from server.evaluation.document import document_of
from server.evaluation.figures import Figure, det_figure, tpir_figure
from server.evaluation.findings import Findings
from server.evaluation.plots import BOTTOM, LEFT, RIGHT, TOP, Linear, Logarithmic, Plot, floor_of, share_of
from server.evaluation.report import report_of

VOID = {"meta", "link", "img", "br", "hr", "input", "circle", "path", "line", "polygon", "polyline"}


class _Page(HTMLParser):
    """Every element with its attributes; unbalanced elements are noted."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)


@pytest.fixture(scope="module")
def text(findings: Findings) -> str:
    return report_of(findings)


@pytest.fixture(scope="module")
def page(text: str) -> _Page:
    return _Page(text)


def test_there_is_no_script_and_no_reference_outside(page: _Page, text: str) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {
        "script",
        "img",
        "iframe",
        "object",
        "embed",
        "link",
        "a",
        "form",
        "image",
        "use",
        "audio",
        "video",
    }
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"src", "href", "srcset", "action", "xlink:href", "poster", "background"}
    assert not re.search(r"https?:|//\w|@import|url\(|data:", text)


def test_it_is_balanced_and_its_names_are_unique(page: _Page) -> None:
    assert page.unbalanced == []
    assert page.open == []
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    named = {name for _, attributes in page.elements for name in (attributes.get("aria-labelledby") or "").split()}
    assert named <= set(ids)


def test_it_has_five_plots_each_with_its_numbers(page: _Page, text: str) -> None:
    assert [tag for tag, _ in page.elements].count("svg") == 5
    assert [tag for tag, _ in page.elements].count("details") == 5
    assert all(word in text for word in ("Cumulative match characteristic", "Detection error trade-off", "Scores"))


def test_labels_of_the_user_are_text_and_never_markup(text: str) -> None:
    assert "<south>" not in text
    assert "&lt;south&gt; &amp; &#39;west&#39;" in text


def test_it_says_the_rates_and_how_many_people_stand_behind_them(findings: Findings, text: str) -> None:
    rate = findings.points[0].fpir
    assert f"{rate.events:,} of {rate.trials:,}" in text
    assert f"of {findings.counts.non_mated_people} different people" in text
    assert f"{findings.counts.non_mated_people} people are few" in text


def test_a_refused_calibration_is_told(findings: Findings) -> None:
    refused = replace(findings, plan=replace(findings.plan, fpir=0.003), calibration_refused="Too few & too alike.")
    assert "<strong>Refused.</strong> Too few &amp; too alike." in report_of(refused)


def test_it_is_drawn_also_when_nobody_was_found_and_nothing_shown(findings: Findings) -> None:
    nothing = replace(findings, det=(), groups={}, conditions=findings.conditions[:1])
    assert _Page(report_of(nothing)).unbalanced == []


def test_the_document_is_json_that_every_reader_takes(findings: Findings) -> None:
    document = json.loads(json.dumps(document_of(findings), allow_nan=False))
    assert document["schema"] == "oifr-evaluation/1"
    in_use = document["operating_points"][0]
    assert in_use["non_mated_searches_that_showed_anyone"] == in_use["fpir"]["events"]
    assert in_use["fnir"]["value"] == pytest.approx(1 - in_use["tpir"]["value"])
    assert [point["rank"] for point in document["cmc"]] == list(range(1, 21))


def test_scales() -> None:
    assert [words for _, words in Linear(0.8, 1).ticks()] == ["0.8", "0.85", "0.9", "0.95", "1"]
    assert [words for _, words in Linear(0, 1, share_of, 2).ticks()] == ["0\u00a0%", "50\u00a0%", "100\u00a0%"]
    assert [value for value, _ in Logarithmic(0.001).ticks()] == pytest.approx([0.001, 0.01, 0.1, 1])
    assert Logarithmic(0.01).at(0.1) == pytest.approx(0.5)
    assert Logarithmic(0.01).at(0) == Logarithmic(0.01).at(0.001) == 0
    assert Linear(2, 4).at(9) == 1
    assert (floor_of(0.02), floor_of(0.01)) == (0.01, 0.01)


def test_a_plot_puts_points_where_the_scales_say() -> None:
    plot = Plot(Linear(0, 1), Linear(0, 1), "x", "y")
    plot.line([(0, 0), (1, 1)], "s0")
    assert 'points="56.0,222.0 376.0,22.0"' in plot.svg("n", "t", "d")


def _drawn(figure: Figure) -> list[tuple[float, float]]:
    """Places of a figure's line, as parts of the frame from its lower left corner on."""
    (line,) = re.findall(r'<polyline[^>]*points="([^"]*)"', figure.plot)
    places = [tuple(map(float, place.split(","))) for place in line.split()]
    return [((x - LEFT) / (RIGHT - LEFT), (BOTTOM - y) / (BOTTOM - TOP)) for x, y in places]


def test_a_figure_draws_the_rate_that_it_names(findings: Findings) -> None:
    drawn = [y for _, y in _drawn(tpir_figure(findings))]
    assert drawn == pytest.approx([point.tpir.value for point in findings.curve], abs=0.002)
    first = findings.det[0]
    assert first.fpir != first.fnir
    across, up = _drawn(det_figure(findings))[0]
    least = min(point.fpir for point in findings.det), min(point.fnir for point in findings.det if point.fnir)
    assert across == pytest.approx(Logarithmic(floor_of(least[0])).at(first.fpir), abs=0.002)
    assert up == pytest.approx(Logarithmic(floor_of(least[1])).at(first.fnir), abs=0.002)
