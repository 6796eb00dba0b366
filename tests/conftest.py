from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from jobs_support import Process
from store_support import open_store
from support import CALIBRATION, FakeEncoder, FakeReader

from embeddings.store import Store
from qa.service import Service
from qa.settings import load_settings

# A busy machine must not fail a test: what is slow is shown in tests/benchmarks.
# CI draws the same examples every time: what it refuses must be the change's own doing.
settings.register_profile(
    "menbe",
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("menbe")

SEEDS = Path(__file__).parent.parent / "seeds"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the settings or the store of the person who runs it."""
    for name in list(os.environ):
        if name.startswith("MENBE_") and name != "MENBE_CACHE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new store without articles, for vectors of `store_support.DIMENSION`."""
    with open_store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """Starts processes of jobs over one folder and one store, see `jobs_support`."""
    store = {}
    started = []

    def make(**options):
        started.append(Process(tmp_path / "jobs", store, **options))
        return started[-1]

    make.folder = tmp_path / "jobs"
    yield make
    for process in started:
        process.jobs.stop()
        process.free.set()


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def service(store_path: Path) -> Iterator[Service]:
    """An empty store with the fake encoder and reader."""
    with Service.open(
        load_settings(store=store_path),
        create=True,
        encoder=FakeEncoder(),
        reader=(FakeReader(), CALIBRATION),
    ) as opened:
        yield opened


@pytest.fixture
def seeded(service: Service) -> Service:
    """The five seeds, indexed with the fake encoder."""
    report = service.index([SEEDS])
    assert not report.failed
    return service


# The page's tests. Imported here they would ask every test for a browser's driver.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server over fake models."""
    from api_support import running

    with running(tmp_path_factory.mktemp("web")) as url:
        yield url


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    """A Chromium."""
    from web_support import browser

    with browser() as made:
        yield made


@pytest.fixture
def site(driver: Any, server: str) -> Iterator[Any]:
    """The server's page, as a first visit sees it."""
    from web_support import fresh_site

    with fresh_site(driver, server) as found:
        yield found
