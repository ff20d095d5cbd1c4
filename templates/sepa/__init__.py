"""SEPA direct debit: identifiers of a mandate, the TARGET calendar, the collection file, the bank's answers.

Nothing here puts an IBAN or a name into an error.
"""

from templates.sepa.answers import Answer, AnswerEntry, read_answer
from templates.sepa.collection import (
    Collection,
    CollectionError,
    Creditor,
    Debit,
    PostalAddress,
    Scheme,
    Sequence,
    make_message_id,
)
from templates.sepa.mandate import MandateError, check_creditor_id, check_umr, make_end_to_end_id, make_umr
from templates.sepa.messages import MOST_BYTES, AnswerError
from templates.sepa.pain008 import collection_xml
from templates.sepa.target import add_target_days, is_target_day, next_target_day
from templates.sepa.text import epc_text, split_street

__all__ = [
    "MOST_BYTES",
    "Answer",
    "AnswerEntry",
    "AnswerError",
    "Collection",
    "CollectionError",
    "Creditor",
    "Debit",
    "MandateError",
    "PostalAddress",
    "Scheme",
    "Sequence",
    "add_target_days",
    "check_creditor_id",
    "check_umr",
    "collection_xml",
    "epc_text",
    "is_target_day",
    "make_end_to_end_id",
    "make_message_id",
    "make_umr",
    "next_target_day",
    "read_answer",
    "split_street",
]
