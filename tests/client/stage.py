"""A handheld's core wired to a station, over a line that can be cut."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx

from mobile_client.core.flow import Flow, Step
from mobile_client.core.server import Server
from tests.client.fake_server import Station


class Line(httpx.AsyncBaseTransport):
    """The network: `cut` lets nothing through, `lose_answers` delivers requests and drops what comes back."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.cut = False
        self.lose_answers = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut:
            raise httpx.ConnectError("cut", request=request)
        answer = await self._inner.handle_async_request(request)
        if self.lose_answers:
            await answer.aclose()
            raise httpx.ReadTimeout("lost", request=request)
        return answer


@dataclass(frozen=True)
class Stage:
    station: Station
    line: Line
    flow: Flow


Act = Callable[[Stage], Awaitable[None]]
Story = list[tuple[Step, Act]]


def set_stage(station: Station, ahead: timedelta = timedelta()) -> Stage:
    """`ahead`: how far the handheld's clock runs before the station's."""
    line = Line(station.transport)
    client = httpx.AsyncClient(transport=line, base_url="https://station.example", trust_env=False)
    return Stage(station, line, Flow(Server(client), lambda: station.now() + ahead))


async def play(stage: Stage, story: Story) -> None:
    """Do each act at the step it belongs to; fail where the flow stands at another."""
    for number, (step, act) in enumerate(story):
        assert stage.flow.step is step, f"line {number}: stands at {stage.flow.step}, not at {step}"
        await act(stage)
