"""What the routes of one server share.

This module must not know any route.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import Request

from qa.api.jobs import Jobs
from qa.api.telemetry import Telemetry
from qa.api.work import Work
from qa.keys import Keyring
from qa.schemas import FiltersIn
from qa.settings import Settings

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from embeddings.store import Filters
    from qa.service import Service

__all__ = ["Shared", "filters_of", "note", "shared"]

_LEAST_S = 0.5  # for what ends at once, when replies took all the time there was


@dataclass(slots=True)
class Shared:
    """One server's parts.

    Attributes:
        work: reads passages and encodes texts, which takes a good part of a second.
        lookups: what is found in the store without reading, in milliseconds; a queue of its own,
            so that an article opens while questions wait.
        ready: the models and the index are loaded.
        problem: why they could not be; None while there is no such reason.
        stop_by: when a stopping server must have ended, on `time.monotonic`'s clock.
        ended: nothing was cut off at the end.
    """

    service: Service
    settings: Settings
    work: Work
    lookups: Work
    jobs: Jobs
    keyring: Keyring
    telemetry: Telemetry
    log: FilteringBoundLogger
    ready: bool = False
    problem: str | None = None
    stop_by: float | None = None
    ended: bool = True

    def stop(self) -> None:
        """The server was told to stop: begin nothing that can wait for the next start."""
        self.stop_by = time.monotonic() + self.settings.shutdown_grace_s
        self.jobs.stop()

    def close(self) -> None:
        """Finish what was begun, as far as the time allows."""
        if self.stop_by is None:
            self.stop()
        for part in (self.work, self.lookups, self.jobs):
            left_s = 0.0 if self.stop_by is None else self.stop_by - time.monotonic()
            self.ended = part.close(max(left_s, _LEAST_S)) and self.ended
        if not self.ended:
            self.log.warning("cut off", after_s=self.settings.shutdown_grace_s)


def shared(request: Request) -> Shared:
    """The server's parts; for `Depends`."""
    found: Shared = request.app.state.shared
    return found


def filters_of(given: FiltersIn | None) -> Filters | None:
    """The store's filters; None when nothing is asked for.

    Raises:
        UsageError: no day lies between the dates.
    """
    from qa.filters import make_filters

    if given is None:
        return None
    return make_filters(
        date_from=given.date_from,
        date_to=given.date_to,
        as_of=given.as_of,
        sources=given.sources,
        languages=given.languages,
        undated=given.undated,
    )


def note(request: Request, **facts: object) -> None:
    """Add facts to the request's line in the log."""
    request.scope["state"].setdefault("notes", {}).update(facts)
