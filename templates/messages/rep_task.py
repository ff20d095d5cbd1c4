"""An order comes back to the rep: refused by the agency, declined by the customer or renounced by him."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final, Literal

from templates.french import Language, formats
from templates.messages.message import Message, Sender, button, facts, mail, paragraph, quote, typeset

Cause = Literal["rejected", "declined", "renounced"]

_WORDS: Final = typeset(
    {
        "fr": {
            "rejected.subject": "Commande {number} rejetée : à corriger",
            "rejected.why": "{by} a rejeté le {at} la commande signée par {company}, pour le motif suivant :",
            "rejected.next": "Répondez à l'agence ou corrigez ce qui manque, puis remettez la commande en production "
            "depuis votre tâche.",
            "declined.subject": "Commande {number} refusée par le client",
            "declined.why": "{by} a refusé le {at} de signer la commande de {company}, pour le motif suivant :",
            "declined.next": "Rien n'est commandé. La proposition reste à votre disposition : reprenez-la pour en "
            "préparer une autre.",
            "renounced.subject": "Commande {number} : le client exerce son droit de rétractation",
            "renounced.why": "{by} a renoncé le {at} à la commande de {company}, en ces termes :",
            "renounced.next": "La commande est annulée, le mandat révoqué et le client en a reçu l'accusé de "
            "réception. Aucune justification ne peut lui être demandée.",
            "hello": "Bonjour {name},",
            "order": "Commande",
            "company": "Client",
            "none": "(sans commentaire)",
            "button": "Ouvrir la tâche",
        },
        "en": {
            "rejected.subject": "Order {number} rejected: to be corrected",
            "rejected.why": "On {at} {by} rejected the order signed by {company}, for this reason:",
            "rejected.next": "Answer the agency or correct what is missing, then release the order again from your "
            "task.",
            "declined.subject": "Order {number} declined by the customer",
            "declined.why": "On {at} {by} declined to sign the order of {company}, for this reason:",
            "declined.next": "Nothing is ordered. The proposal is still yours: take it up to prepare another one.",
            "renounced.subject": "Order {number}: the customer withdraws",
            "renounced.why": "On {at} {by} withdrew from the order of {company}, in these words:",
            "renounced.next": "The order is cancelled, the mandate revoked and the customer has his acknowledgement. "
            "He cannot be asked for reasons.",
            "hello": "Hello {name},",
            "order": "Order",
            "company": "Customer",
            "none": "(no comment)",
            "button": "Open the task",
        },
    }
)


@dataclass(frozen=True)
class RepTask:
    """Why an order needs its rep again."""

    sender: Sender
    cause: Cause
    rep: str
    number: str
    company: str
    by: str
    """Who decided: the agency's name, or the signatory's."""
    at: dt.datetime
    reason: str = field(repr=False)
    url: str
    language: Language = "fr"


def compose(data: RepTask) -> Message:
    """The mail to the rep, with the reason word for word."""
    words, shown = _WORDS[data.language], formats(data.language)
    why = words[f"{data.cause}.why"].format(by=data.by, at=shown.instant(data.at), company=data.company)
    return mail(
        words[f"{data.cause}.subject"].format(number=data.number),
        [
            paragraph(words["hello"].format(name=data.rep)),
            paragraph(why),
            quote(data.reason.strip() or words["none"]),
            facts((words["order"], data.number), (words["company"], data.company)),
            paragraph(words[f"{data.cause}.next"]),
            button(words["button"], data.url),
        ],
        sender=data.sender,
        language=data.language,
    )
