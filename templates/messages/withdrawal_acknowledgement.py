"""Acknowledgement of a withdrawal, with its content, date and hour (Code de la consommation L221-21, D221-5)."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from templates.french import PARIS, Language, formats
from templates.messages.message import Message, Sender, facts, mail, notice, paragraph, quote, typeset

_WORDS: Final = typeset(
    {
        "fr": {
            "subject": "Accusé de réception de votre rétractation : commande {number}",
            "hello": "Bonjour {name},",
            "received": "Nous avons reçu le {at} votre décision de renoncer au contrat ci-dessous.",
            "order": "Commande",
            "company": "Client",
            "signed": "Signée le",
            "total": "Total TTC",
            "by": "Rétractation confirmée par",
            "at": "Reçue le",
            "words": "Votre déclaration, telle que nous l'avons reçue :",
            "nothing_paid": "La commande est annulée et ne sera pas exécutée. Aucun prélèvement n'a eu lieu et aucun "
            "n'aura lieu : le mandat donné avec cette commande est révoqué.",
            "paid": "La commande est annulée. Les sommes déjà reçues, soit {paid}, vous sont remboursées au plus "
            "tard le {refund_by}, par le moyen de paiement que vous avez utilisé. Le mandat donné avec cette commande "
            "est révoqué.",
            "early": "Vous aviez demandé que l'exécution commence avant la fin du délai : seul le service déjà "
            "fourni peut vous être facturé, en proportion de ce qui l'a été.",
            "keep": "Conservez ce message : il est la preuve de votre rétractation.",
        },
        "en": {
            "subject": "Acknowledgement of your withdrawal: order {number}",
            "hello": "Dear {name},",
            "received": "On {at} we received your decision to withdraw from the contract below.",
            "order": "Order",
            "company": "Customer",
            "signed": "Signed on",
            "total": "Total incl. VAT",
            "by": "Withdrawal confirmed by",
            "at": "Received on",
            "words": "Your statement, as we received it:",
            "nothing_paid": "The order is cancelled and will not be performed. No debit has been made and none will "
            "be: the mandate given with this order is revoked.",
            "paid": "The order is cancelled. What we have received, {paid}, is paid back to you by {refund_by} at "
            "the latest, through the means of payment that you used. The mandate given with this order is revoked.",
            "early": "You had asked that the work begin before the end of the period: only the service already "
            "performed can be invoiced, in proportion.",
            "keep": "Keep this message: it is the proof of your withdrawal.",
        },
    }
)
_REFUND_DAYS: Final = 14
"""Everything paid is returned within fourteen days of the decision (Code de la consommation L221-24)."""


@dataclass(frozen=True)
class WithdrawalAcknowledgement:
    """A withdrawal as it was received."""

    sender: Sender
    number: str
    company: str
    signed_at: dt.datetime
    total_incl_vat: Decimal
    name: str
    """Who withdrew, as he gave his name."""
    statement: str = field(repr=False)
    """What he declared, word for word."""
    received_at: dt.datetime
    paid: Decimal = Decimal(0)
    """What was received from him before."""
    early_start: bool = False
    """He had expressly asked that the work begin at once (Code de la consommation L221-25)."""
    language: Language = "fr"


def compose(data: WithdrawalAcknowledgement) -> Message:
    """The acknowledgement; it is complete in itself, so that keeping the mail is enough."""
    words, shown = _WORDS[data.language], formats(data.language)
    received = shown.instant(data.received_at)
    refund_by = shown.long_date((data.received_at.astimezone(PARIS) + dt.timedelta(days=_REFUND_DAYS)).date())
    outcome = words["paid" if data.paid else "nothing_paid"].format(paid=shown.money(data.paid), refund_by=refund_by)
    return mail(
        words["subject"].format(number=data.number),
        [
            paragraph(words["hello"].format(name=data.name)),
            notice(words["received"].format(at=received)),
            facts(
                (words["order"], data.number),
                (words["company"], data.company),
                (words["signed"], shown.instant(data.signed_at)),
                (words["total"], shown.money(data.total_incl_vat)),
                (words["by"], data.name),
                (words["at"], received),
            ),
            paragraph(words["words"]),
            quote(data.statement),
            paragraph(outcome),
            *([paragraph(words["early"])] if data.early_start else []),
            paragraph(words["keep"]),
        ],
        sender=data.sender,
        language=data.language,
    )
