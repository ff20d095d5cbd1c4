"""The customer's copy of the mandate for his new account, on a durable medium, and what follows from it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from templates.french import Language, formats
from templates.messages.message import Message, Sender, facts, heading, mail, notice, paragraph, typeset

_WORDS: Final = typeset(
    {
        "fr": {
            "subject": "Votre nouveau compte est enregistré ({number})",
            "preview": "Votre mandat signé est joint à ce message.",
            "hello": "Bonjour {name},",
            "thanks": "Vous avez signé le {at}, pour {company}, le mandat de prélèvement qui porte sur votre nouveau "
            "compte. Votre exemplaire est joint à ce message : conservez-le.",
            "number": "Changement de compte",
            "account": "Nouveau compte",
            "mandate": "Nouveau mandat (RUM)",
            "old": "Mandat remplacé (RUM)",
            "attached": "Pièce jointe",
            "unasked": "Vous n'avez pas demandé ce changement ? Appelez {rep} au {phone}, ou répondez à {email}, "
            "dès maintenant.",
            "debits": "Ce qui sera prélevé sur ce compte",
            "later": "date à annoncer",
            "none": "Aucune échéance n'est ouverte : ce mandat servira à vos prochaines commandes.",
            "notice": "Chaque prélèvement vous est annoncé au moins 14 jours à l'avance ; une échéance trop proche "
            "est reportée d'autant.",
            "fingerprint": "Empreinte SHA-256 du document signé",
        },
        "en": {
            "subject": "Your new account is registered ({number})",
            "preview": "Your signed mandate is attached to this message.",
            "hello": "Dear {name},",
            "thanks": "On {at} you signed, for {company}, the direct debit mandate for your new account. "
            "Your copy is attached to this message: please keep it.",
            "number": "Change of account",
            "account": "New account",
            "mandate": "New mandate (UMR)",
            "old": "Mandate replaced (UMR)",
            "attached": "Attached",
            "unasked": "You did not ask for this change? Call {rep} on {phone}, or write to {email}, at once.",
            "debits": "What will be debited from this account",
            "later": "date to be announced",
            "none": "No debit is outstanding: this mandate will serve for your next orders.",
            "notice": "Each debit is announced to you at least 14 days ahead; one that is due too soon is put off "
            "accordingly.",
            "fingerprint": "SHA-256 of the signed document",
        },
    }
)


@dataclass(frozen=True)
class MandateCopy:
    """What the mail that carries the signed amendment says. `debits`: order, day or None, amount in euros."""

    sender: Sender
    number: str
    company: str
    signatory: str
    signed_at: dt.datetime
    account_masked: str
    mandate_umr: str
    old_umr: str
    debits: tuple[tuple[str, dt.date | None, Decimal], ...]
    rep: str
    rep_phone: str
    attachment: str
    document_sha256: str
    language: Language = "fr"


def compose(data: MandateCopy) -> Message:
    """The mail; the signed document itself is attached by the channel that sends it."""
    words, shown = _WORDS[data.language], formats(data.language)
    debits = [
        (f"{shown.long_date(day) if day else words['later']} ({order})", shown.money(amount))
        for order, day, amount in data.debits
    ]
    return mail(
        words["subject"].format(number=data.number),
        [
            paragraph(words["hello"].format(name=data.signatory)),
            paragraph(words["thanks"].format(at=shown.instant(data.signed_at), company=data.company)),
            facts(
                (words["number"], data.number),
                (words["account"], data.account_masked),
                (words["mandate"], data.mandate_umr),
                (words["old"], data.old_umr),
                (words["attached"], data.attachment),
            ),
            notice(words["unasked"].format(rep=data.rep, phone=data.rep_phone, email=data.sender.email)),
            heading(words["debits"]),
            facts(*debits) if debits else paragraph(words["none"]),
            paragraph(words["notice"]),
            facts((words["fingerprint"], data.document_sha256)),
        ],
        sender=data.sender,
        language=data.language,
        preview=words["preview"],
    )
