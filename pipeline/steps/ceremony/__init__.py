"""The ceremony: from the opening of the signing page to the accepted code, refused or locked.

Every decision is taken on locked rows, so that two tabs, a double click or a replayed request change nothing. The code
itself is never kept: only its keyed hash, bound to ceremony, document and amount.

To the customer's page a locked ceremony looks like an open one whose codes are wrong: who only holds the link does not
learn that somebody has used the tries up. The telephone is told, by message, and the rep, on his page and by mail.
"""

from pipeline.steps.ceremony.acceptance import sign
from pipeline.steps.ceremony.link import send_link
from pipeline.steps.ceremony.opening import Opened, allow_voice, decline, expire, open_ceremony, record_page
from pipeline.steps.ceremony.reports import delivery_report, message_cost
from pipeline.steps.ceremony.sending import send_by_other, send_code
from pipeline.steps.ceremony.views import CeremonyView, CodeState, consents_of, find, readable_until, view

__all__ = [
    "CeremonyView",
    "CodeState",
    "Opened",
    "allow_voice",
    "consents_of",
    "decline",
    "delivery_report",
    "expire",
    "find",
    "message_cost",
    "open_ceremony",
    "readable_until",
    "record_page",
    "send_by_other",
    "send_code",
    "send_link",
    "sign",
    "view",
]
