"""The customer's copy of what he signed, on a durable medium (Code de la consommation L221-9), and what follows."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from templates.french import Formats, Language, formats
from templates.messages.message import (
    Block,
    Message,
    Sender,
    button,
    facts,
    heading,
    mail,
    notice,
    paragraph,
    steps,
    typeset,
)

_WORDS: Final = typeset(
    {
        "fr": {
            "subject": "Votre commande {number} est signée",
            "preview": "Votre exemplaire est joint à ce message.",
            "hello": "Bonjour {name},",
            "thanks": "Vous avez signé le {at} la commande {number} de {company} auprès de {seller}. "
            "Votre exemplaire est joint à ce message : conservez-le.",
            "order": "Commande",
            "company": "Client",
            "net": "Total HT",
            "total": "Total TTC",
            "mandate": "Mandat de prélèvement (RUM)",
            "attached": "Pièces jointes",
            "fingerprint": "Empreinte SHA-256 du document signé",
            "next": "Et maintenant",
            "production": "Votre commande est remise en production par {agency}.",
            "electronic": "Votre facture vous parvient par voie électronique, par l'intermédiaire de votre "
            "plateforme agréée.",
            "paper": "Votre facture vous est envoyée par courrier.",
            "invoice": "Facture",
            "debits": "Vos prélèvements sur le compte {account}",
            "dues": "Vos échéances",
            "until": "Jusqu'au {date}",
            "from": "À partir du {date}",
            "renounce": "Vous pouvez renoncer à ce contrat sans motif et sans frais.",
            "right": "Vous disposez d'un droit de rétractation jusqu'au {date} inclus. Pour l'exercer, utilisez le "
            "lien ci-dessous, le formulaire qui se trouve à la fin de votre exemplaire, ou toute déclaration dénuée "
            "d'ambiguïté. Un accusé de réception vous est aussitôt envoyé.",
            "button": "Renoncer au contrat ici",
            "contact": "Une question ? {rep} vous répond au {phone}.",
        },
        "en": {
            "subject": "Your order {number} is signed",
            "preview": "Your copy is attached to this message.",
            "hello": "Dear {name},",
            "thanks": "On {at} you signed order {number} for {company} with {seller}. "
            "Your copy is attached to this message: please keep it.",
            "order": "Order",
            "company": "Customer",
            "net": "Total excl. VAT",
            "total": "Total incl. VAT",
            "mandate": "Direct debit mandate (UMR)",
            "attached": "Attached",
            "fingerprint": "SHA-256 of the signed document",
            "next": "What happens next",
            "production": "Your order is sent to production at {agency}.",
            "electronic": "Your invoice reaches you electronically, through your accredited platform.",
            "paper": "Your invoice is sent to you by post.",
            "invoice": "Invoice",
            "debits": "Your debits on account {account}",
            "dues": "Your instalments",
            "until": "Until {date}",
            "from": "From {date}",
            "renounce": "You may withdraw from this contract without reason or cost.",
            "right": "You have a right of withdrawal up to and including {date}. To use it, follow the link below, "
            "use the form at the end of your copy, or make any unambiguous statement. You receive an acknowledgement "
            "at once.",
            "button": "Withdraw from the contract here",
            "contact": "Any question? {rep} answers on {phone}.",
        },
    }
)


@dataclass(frozen=True)
class Withdrawal:
    """The right of withdrawal, where the law gives one (Code de la consommation L221-3, L221-18)."""

    until: dt.date
    """Last day on which it can be used."""
    url: str = field(repr=False)
    """Where « renoncer au contrat ici » leads during the whole period (L221-21)."""


@dataclass(frozen=True)
class OrderCopy:
    """What the mail that carries the signed order says."""

    sender: Sender
    number: str
    company: str
    signatory: str
    signed_at: dt.datetime
    total_excl_vat: Decimal
    total_incl_vat: Decimal
    instalments: tuple[tuple[dt.date, Decimal], ...]
    account_masked: str
    """The account debited, already masked; empty where the order is not paid by direct debit."""
    mandate_umr: str
    invoice_electronic: bool
    production_from: dt.date
    """Day on which the order goes to production: the end of the hold where the right of withdrawal applies."""
    agency: str
    rep: str
    rep_phone: str
    attachments: tuple[str, ...]
    document_sha256: str
    withdrawal: Withdrawal | None = None
    language: Language = "fr"


def compose(data: OrderCopy) -> Message:
    """The mail; the signed order itself is attached by the channel that sends it."""
    words, shown = _WORDS[data.language], formats(data.language)
    blocks: list[Block] = [
        paragraph(words["hello"].format(name=data.signatory)),
        paragraph(
            words["thanks"].format(
                at=shown.instant(data.signed_at), number=data.number, company=data.company, seller=data.sender.name
            )
        ),
        facts(
            (words["order"], data.number),
            (words["company"], data.company),
            (words["net"], shown.money(data.total_excl_vat)),
            (words["total"], shown.money(data.total_incl_vat)),
            (words["mandate"], data.mandate_umr),
            (words["attached"], "\n".join(data.attachments)),
        ),
    ]
    if data.withdrawal:
        blocks += [
            notice(words["right"].format(date=shown.long_date(data.withdrawal.until))),
            button(words["button"], data.withdrawal.url, quiet=True),
        ]
    blocks += [
        heading(words["next"]),
        steps(*_what_happens(data, words, shown)),
        *_schedule(data, words, shown),
        paragraph(words["contact"].format(rep=data.rep, phone=data.rep_phone)),
        facts((words["fingerprint"], data.document_sha256)),
    ]
    return mail(
        words["subject"].format(number=data.number),
        blocks,
        sender=data.sender,
        language=data.language,
        preview=words["preview"],
    )


def _what_happens(data: OrderCopy, words: dict[str, str], shown: Formats) -> list[tuple[str, str]]:
    happens = []
    if data.withdrawal:
        happens.append((words["until"].format(date=shown.long_date(data.withdrawal.until)), words["renounce"]))
    production = words["from"].format(date=shown.long_date(data.production_from))
    happens.append((production, words["production"].format(agency=data.agency)))
    happens.append((words["invoice"], words["electronic" if data.invoice_electronic else "paper"]))
    return happens


def _schedule(data: OrderCopy, words: dict[str, str], shown: Formats) -> list[Block]:
    if not data.instalments:
        return []
    title = words["debits"].format(account=data.account_masked) if data.account_masked else words["dues"]
    return [
        heading(title),
        facts(*((shown.long_date(day), shown.money(amount)) for day, amount in data.instalments)),
    ]
