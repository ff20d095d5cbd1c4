"""The door for machines: `/api/v1` and the webhooks of providers."""

from fastapi import FastAPI

from pipeline.api import openapi
from pipeline.api.routes import bank, money, ordering, orders, production, proposals, public, webhooks
from pipeline.api.routes.nowhere import nowhere
from pipeline.bootstrap import Services

ROUTERS = (
    proposals.filing,
    proposals.checking,
    proposals.router,
    ordering.router,
    ordering.checking,
    orders.router,
    production.router,
    money.router,
    bank.filing,
    bank.router,
    public.router,
    webhooks.router,
)


def mount(app: FastAPI, services: Services) -> None:
    """Add the API to the application, with its description."""
    app.state.services = services
    for router in (*ROUTERS, nowhere(ROUTERS)):
        app.include_router(router, generate_unique_id_function=openapi.operation_id)
    openapi.describe(app)
