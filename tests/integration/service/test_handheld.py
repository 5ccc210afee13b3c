"""The handheld's core against a served installation: camera, HTTP client and flow are the ones it is used with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageFilter

from mobile_client.core.drafts import DecisionDraft
from mobile_client.core.flow import Flow, Step
from mobile_client.core.server import Server, open_client
from mobile_client.core.wire import Corroboration, Judgement, Outcome, SearchView
from mobile_client.device.camera import FileCamera
from tests.client.acts import AT_RISK, PURPOSE
from tests.client.drawn import field_photograph, people_together, reference
from tests.integration.service.caller import Caller
from tests.integration.service.installation import PASSWORD, Installation
from tests.integration.service.staff import ADA, BEA, MANAGER, OFFICER, hire
from tests.real_redis import need_redis_server

LEFT, RIGHT = 3, 7
"""Numbers of the drawn cast: Ada and Bea."""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With the model's own threshold: under the shared installation's, all drawn people look alike."""
    need_redis_server()
    own = Installation.at(tmp_path_factory.mktemp("handheld") / "own")
    hire(own)
    with own.serving():
        with Caller(own.url, MANAGER) as manager:
            manager.enrol(ADA, reference(LEFT))
            manager.enrol(BEA, reference(RIGHT))
        yield own


@pytest.fixture
async def flow(own: Installation) -> AsyncIterator[Flow]:
    async with open_client(own.url) as client:
        flow = Flow(Server(client), lambda: datetime.now(UTC))
        await flow.sign_in(OFFICER, PASSWORD)
        yield flow
        flow.check.wipe()


async def test_who_is_meant_is_asked_named_and_found(flow: Flow, tmp_path: Path) -> None:
    flow.state_purpose(PURPOSE)
    await flow.photograph(_taken(tmp_path, people_together(LEFT, RIGHT)))
    assert flow.step is Step.CHOICE
    assert flow.check.several is not None
    left, right = (flow.check.several.boxes[letter] for letter in "AB")
    assert left[0] + left[2] < right[0]
    await flow.choose("B")
    assert await _decided_for(flow) == [BEA.record_number]
    assert flow.check.proof is not None


async def test_a_poor_photograph_is_searched_where_a_life_is_at_risk(flow: Flow, tmp_path: Path) -> None:
    poor = _blurred(field_photograph(RIGHT, "upright"))
    flow.state_purpose(PURPOSE)
    await flow.photograph(_taken(tmp_path, poor))
    assert flow.step is Step.PROBLEM
    assert flow.trouble is not None
    assert flow.trouble.slug == "poor-image"
    flow.state_risk()
    flow.state_purpose(AT_RISK)
    await flow.photograph(_taken(tmp_path, poor))
    assert flow.step in {Step.COMPARE, Step.NO_CANDIDATES}
    assert flow.check.advice
    await _decided_for(flow)


def _taken(folder: Path, jpeg: bytes) -> bytearray:
    """As the camera hands it over."""
    path = folder / "before_the_lens.jpg"
    path.write_bytes(jpeg)
    camera = FileCamera(path)
    camera.open()
    return camera.capture_jpeg()


def _blurred(jpeg: bytes) -> bytes:
    target = BytesIO()
    with Image.open(BytesIO(jpeg)) as sharp:
        sharp.filter(ImageFilter.GaussianBlur(11)).save(target, "JPEG", quality=92)
    return target.getvalue()


async def _decided_for(flow: Flow) -> list[str]:
    """Judge every face the same and decide for the first, or for nobody; the record numbers that were opened."""
    view = flow.check.search
    assert view is not None
    for label in view.labels:
        await flow.look_at(label)
        await flow.judge(Judgement.SAME)
    judged = flow.check.search
    assert judged is not None
    found = [candidate.record.record_number for candidate in judged.candidates if candidate.record is not None]
    flow.open_decision()
    await flow.decide(_conclusion(judged))
    assert flow.step is Step.RECEIPT
    return found


def _conclusion(search: SearchView) -> DecisionDraft:
    if not search.labels:
        return DecisionDraft(Outcome.NONE_OF_THESE)
    return DecisionDraft(Outcome.CANDIDATE, search.labels[0], frozenset({Corroboration.DOCUMENT}))
