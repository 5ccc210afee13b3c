"""`pytest -p tests.no_skips`: a test that was skipped fails the run. Used by `make test-all`."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped") and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line("Skipped tests are failures here; see the reasons above.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
