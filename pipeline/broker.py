"""The broker only carries: it is chosen by its address, and what it loses is sent again from the database."""

from urllib.parse import parse_qsl, urlencode, urlsplit

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker

BLOCKED_SECONDS = 15
"""A RabbitMQ that is short of memory or disk takes nothing; after this long the relay lets go of its rows and waits."""


def broker_from_url(url: str) -> dramatiq.Broker:
    """memory:// or amqp(s)://...; raises `ValueError` for anything else. Connects to nothing yet.

    No middleware: the row of a job decides when it comes again, and a step that has begun is never interrupted. What a
    stopping worker does not wait for is what a killed one leaves: the broker gives it to another.
    """
    if url == "memory://":
        broker: dramatiq.Broker = StubBroker(middleware=[])
    elif url.startswith(("amqp://", "amqps://")):
        broker = RabbitmqBroker(url=_patient(url), middleware=[], confirm_delivery=True)
    else:
        raise ValueError("must be memory:// or start with amqp:// or amqps://")
    return broker


def _patient(url: str) -> str:
    """The address with our limit, unless it states one itself."""
    parts = urlsplit(url)
    query = {"blocked_connection_timeout": str(BLOCKED_SECONDS)} | dict(parse_qsl(parts.query))
    return parts._replace(query=urlencode(query)).geturl()
