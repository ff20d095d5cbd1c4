"""A debit came back from the bank: what the rep tells his customer, and what happens by itself."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from templates.french import Language, formats
from templates.messages.message import Message, Sender, button, facts, mail, notice, paragraph, typeset

_WORDS: Final = typeset(
    {
        "fr": {
            "subject": "Commande {number} : prélèvement de {amount} revenu impayé",
            "hello": "Bonjour {name},",
            "why": "La banque de {company} a renvoyé le prélèvement du {date} : {reason}.",
            "again": "Il sera présenté de nouveau le {date} ; le client en est prévenu par courrier électronique.",
            "stopped": "Il ne sera pas présenté de nouveau de lui-même : voyez avec le client comment il règle.",
            "ended": "Le mandat ne peut plus servir : faites signer un nouveau mandat avec la prochaine commande.",
            "order": "Commande",
            "company": "Client",
            "amount": "Montant",
            "reference": "Référence du prélèvement",
            "code": "Code de la banque",
            "button": "Ouvrir la tâche",
        },
        "en": {
            "subject": "Order {number}: direct debit of {amount} came back unpaid",
            "hello": "Hello {name},",
            "why": "The bank of {company} has sent back the debit of {date}: {reason}.",
            "again": "It will be presented again on {date}; the customer is told by e-mail.",
            "stopped": "It will not be presented again by itself: agree with the customer on how he pays.",
            "ended": "The mandate cannot serve any more: have a new one signed with the next order.",
            "order": "Order",
            "company": "Customer",
            "amount": "Amount",
            "reference": "Reference of the debit",
            "code": "Bank's code",
            "button": "Open the task",
        },
    }
)


@dataclass(frozen=True)
class DebitReturned:
    """One debit that came back. `again_on` is the day of its next presentation, None where there is none."""

    sender: Sender
    rep: str
    number: str
    company: str
    amount: Decimal
    due_on: dt.date
    end_to_end_id: str
    code: str
    reason: str
    """The code in words, without a final stop."""
    again_on: dt.date | None
    mandate_ended: bool
    url: str = field(repr=False)
    language: Language = "fr"


def compose(data: DebitReturned) -> Message:
    """The mail to the rep."""
    words, shown = _WORDS[data.language], formats(data.language)
    amount = shown.money(data.amount)
    if data.again_on:
        follows = words["again"].format(date=shown.long_date(data.again_on))
    else:
        follows = words["ended" if data.mandate_ended else "stopped"]
    why = words["why"].format(company=data.company, date=shown.long_date(data.due_on), reason=data.reason)
    return mail(
        words["subject"].format(number=data.number, amount=amount),
        [
            paragraph(words["hello"].format(name=data.rep)),
            paragraph(why),
            notice(follows),
            facts(
                (words["order"], data.number),
                (words["company"], data.company),
                (words["amount"], amount),
                (words["reference"], data.end_to_end_id),
                (words["code"], data.code),
            ),
            button(words["button"], data.url),
        ],
        sender=data.sender,
        language=data.language,
    )
