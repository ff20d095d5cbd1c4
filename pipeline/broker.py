"""The broker only carries: it is chosen by its address, and what it loses is sent again from the database."""

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import ShutdownNotifications

QUEUES = ("sealing", "documents", "delivery")
"""Sealing has somebody waiting; documents are computed; deliveries wait for other people's servers."""


def broker_from_url(url: str) -> dramatiq.Broker:
    """memory:// or amqp(s)://...; raises `ValueError` for anything else. Connects to nothing yet.

    Retries and age limits are left out: the row of a job decides when it comes again.
    """
    middleware = [ShutdownNotifications(notify_shutdown=True)]
    if url == "memory://":
        broker: dramatiq.Broker = StubBroker(middleware=middleware)
    elif url.startswith(("amqp://", "amqps://")):
        broker = RabbitmqBroker(url=url, middleware=middleware, confirm_delivery=True)
    else:
        raise ValueError("must be memory:// or start with amqp:// or amqps://")
    return broker
