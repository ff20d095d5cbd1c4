"""Every table, by theme: people, orders, ceremonies, journal, money, production, security."""

from storage.models.base import Base, new_id
from storage.models.ceremonies import Ceremony, ErasedCode, OneTimeCode
from storage.models.journal import ArchiveCheck, ArchiveEntry, Erasure, Event, Job, Sequence
from storage.models.money import BankAnswer, BankAnswerItem, Collection, Debit, Instalment, Invoice, Mandate
from storage.models.orders import Order, Proposal, Track
from storage.models.people import ApiKey, IdempotencyKey, LoginTry, User, WebSession
from storage.models.production import Batch, BatchItem, CallTrackingSheet, Slip, Task
from storage.models.receipts import Receipt
from storage.models.security import RevocationList, RevokedCertificate, Verification

__all__ = [
    "ApiKey",
    "ArchiveCheck",
    "ArchiveEntry",
    "BankAnswer",
    "BankAnswerItem",
    "Base",
    "Batch",
    "BatchItem",
    "CallTrackingSheet",
    "Ceremony",
    "Collection",
    "Debit",
    "ErasedCode",
    "Erasure",
    "Event",
    "IdempotencyKey",
    "Instalment",
    "Invoice",
    "Job",
    "LoginTry",
    "Mandate",
    "OneTimeCode",
    "Order",
    "Proposal",
    "Receipt",
    "RevocationList",
    "RevokedCertificate",
    "Sequence",
    "Slip",
    "Task",
    "Track",
    "User",
    "Verification",
    "WebSession",
    "new_id",
]
