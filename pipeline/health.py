"""Whether this process lives and can serve, for what runs it: `/healthz` and `/readyz`."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from sqlalchemy import text

from pipeline.bootstrap import Services

KEPT_SECONDS = 5.0
"""For how long an answer holds: a probe writes to the archive, and anybody may ask."""


class Readiness:
    """Database and archive asked by one caller at a time, and not again within `KEPT_SECONDS`."""

    def __init__(self, services: Services) -> None:
        self._services, self._lock = services, Lock()
        self._found: dict[str, str] = {}
        self._until = 0.0

    def checks(self) -> dict[str, str]:
        """What each of them answers: "ok", or the name of what went wrong."""
        with self._lock:
            if monotonic() >= self._until:
                self._found = {"database": _answer(self._database), "archive": _answer(self._services.archive.check)}
                self._until = monotonic() + KEPT_SECONDS
            return dict(self._found)

    def _database(self) -> None:
        with self._services.works(read_only=True) as work:
            work.session.execute(text("SELECT 1"))


def _answer(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001  # whatever it is, the answer is "not ready" and its kind
        return type(error).__name__
    return "ok"


def mount(app: FastAPI, services: Services) -> None:
    """Add both addresses to the application."""
    readiness = Readiness(services)

    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        """Ready when database and archive answer."""
        checks = readiness.checks()
        ready = set(checks.values()) == {"ok"}
        return JSONResponse({"status": "ok" if ready else "unavailable", **checks}, 200 if ready else 503)
