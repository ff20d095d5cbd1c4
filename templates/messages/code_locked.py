"""The rep is told that a signature was locked after too many wrong codes."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from templates.french import Language, formats
from templates.messages.message import Message, Sender, button, facts, mail, notice, paragraph, typeset

_WORDS: Final = typeset(
    {
        "fr": {
            "subject": "Signature bloquée : commande {number}",
            "hello": "Bonjour {name},",
            "why": "La signature de la commande de {company} est bloquée depuis le {at}, après {tries} codes erronés.",
            "order": "Commande",
            "company": "Client",
            "mobile": "Mobile du signataire",
            "next": "Appelez votre client, assurez-vous que c'est bien lui qui signe et que ce mobile est le sien, "
            "puis ouvrez une nouvelle signature en indiquant le motif : il figurera au dossier de preuve.",
            "button": "Ouvrir la commande",
        },
        "en": {
            "subject": "Signature locked: order {number}",
            "hello": "Hello {name},",
            "why": "The signature of the order of {company} has been locked since {at}, after {tries} wrong codes.",
            "order": "Order",
            "company": "Customer",
            "mobile": "Signatory's mobile",
            "next": "Call your customer, make sure that he is the one who signs and that this mobile is his, then "
            "open a new signature and say why: your reason becomes part of the evidence file.",
            "button": "Open the order",
        },
    }
)


@dataclass(frozen=True)
class CodeLocked:
    """A signature that needs its rep."""

    sender: Sender
    rep: str
    number: str
    company: str
    mobile_masked: str
    tries: int
    at: dt.datetime
    url: str
    language: Language = "fr"


def compose(data: CodeLocked) -> Message:
    """The mail to the rep."""
    words, shown = _WORDS[data.language], formats(data.language)
    return mail(
        words["subject"].format(number=data.number),
        [
            paragraph(words["hello"].format(name=data.rep)),
            notice(words["why"].format(company=data.company, at=shown.instant(data.at), tries=data.tries)),
            facts(
                (words["order"], data.number),
                (words["company"], data.company),
                (words["mobile"], data.mobile_masked),
            ),
            paragraph(words["next"]),
            button(words["button"], data.url),
        ],
        sender=data.sender,
        language=data.language,
    )
