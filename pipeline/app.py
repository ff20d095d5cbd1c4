"""The web application: pages, API, health. Built from services, so that tests and commands build it alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from pipeline import __version__, api, health, web
from pipeline.bootstrap import Services
from pipeline.web import pki
from pipeline.web.security import DOCS, policy_with
from pipeline.worker import Engine


def build_app(services: Services, engine: Engine | None = None) -> FastAPI:
    """The application over these services; with `engine`, relay and worker live as long as it does."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if engine is None:
            yield
            return
        with engine:
            yield

    app = FastAPI(
        title="Seing",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.services = services
    api.mount(app, services)
    web.mount(app, services)
    app.include_router(pki.router, include_in_schema=False)
    _mount_docs(app)
    health.mount(app, services)
    return app


def _mount_docs(app: FastAPI) -> None:
    """OpenAPI's page, its script from an installed package: nothing comes from another server."""
    folder = files(fastapi_offline) / "static"
    app.mount("/api/docs-assets", StaticFiles(directory=str(folder)), name="docs-assets")

    page = get_swagger_ui_html(
        openapi_url="/api/openapi.json",
        title="Seing · API",
        swagger_js_url="/api/docs-assets/swagger-ui-bundle.js",
        swagger_css_url="/api/docs-assets/swagger-ui.css",
        swagger_favicon_url="/api/docs-assets/favicon.png",
    ).body
    html = bytes(page).decode()
    script = html.partition("<script>")[2].partition("</script>")[0]

    @app.get(DOCS, include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(html, headers={"content-security-policy": policy_with(script)})
