"""Every table, by theme: people, orders, ceremonies, journal, money, production."""

from storage.models.base import Base, new_id
from storage.models.ceremonies import Ceremony, OneTimeCode
from storage.models.journal import ArchiveEntry, Event, Job, Sequence
from storage.models.money import Collection, Instalment, Invoice, Mandate
from storage.models.orders import Order, Proposal, Track
from storage.models.people import ApiKey, IdempotencyKey, User, WebSession
from storage.models.production import Batch, BatchItem, Slip, Task

__all__ = [
    "ApiKey",
    "ArchiveEntry",
    "Base",
    "Batch",
    "BatchItem",
    "Ceremony",
    "Collection",
    "Event",
    "IdempotencyKey",
    "Instalment",
    "Invoice",
    "Job",
    "Mandate",
    "OneTimeCode",
    "Order",
    "Proposal",
    "Sequence",
    "Slip",
    "Task",
    "Track",
    "User",
    "WebSession",
    "new_id",
]
