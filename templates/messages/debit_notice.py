"""Notice of a coming direct debit, fourteen days before it unless agreed otherwise (SDD rulebook 4.3)."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from templates.french import Language, formats
from templates.messages.message import Message, Sender, facts, heading, mail, paragraph, typeset

_WORDS: Final = typeset(
    {
        "fr": {
            "subject": "Prélèvement de {amount} le {date}",
            "hello": "Bonjour {name},",
            "why": "Le {date}, {seller} prélèvera {amount} sur votre compte, comme prévu par votre commande {number}.",
            "again": "Le prélèvement prévu le {before} par votre commande {number} est revenu impayé de votre banque. "
            "{seller} présentera de nouveau {amount} sur votre compte le {date}.",
            "moved": "Le prélèvement prévu le {before} par votre commande {number} n'a pas eu lieu. {seller} prélèvera "
            "{amount} sur votre compte le {date}.",
            "amount": "Montant",
            "date": "Date du prélèvement",
            "account": "Compte débité",
            "reference": "Référence du prélèvement",
            "mandate": "Référence unique du mandat (RUM)",
            "creditor": "Identifiant du créancier (ICS)",
            "rest": "Les échéances suivantes",
            "none": "C'est la dernière échéance de cette commande.",
            "wrong": "Si ce montant ou cette date ne sont pas ceux que vous attendez, appelez-nous avant cette date "
            "au {phone}.",
        },
        "en": {
            "subject": "Direct debit of {amount} on {date}",
            "hello": "Dear {name},",
            "why": "On {date}, {seller} will debit {amount} from your account, as agreed in your order {number}.",
            "again": "The debit that your order {number} planned for {before} came back unpaid from your bank. "
            "{seller} will present {amount} to your account again on {date}.",
            "moved": "The debit that your order {number} planned for {before} has not been made. {seller} will debit "
            "{amount} from your account on {date}.",
            "amount": "Amount",
            "date": "Date of the debit",
            "account": "Account debited",
            "reference": "Reference of the debit",
            "mandate": "Unique mandate reference (UMR)",
            "creditor": "Creditor identifier",
            "rest": "The instalments after this one",
            "none": "This is the last instalment of this order.",
            "wrong": "If this amount or date is not what you expect, call us before that date on {phone}.",
        },
    }
)


@dataclass(frozen=True)
class DebitNotice:
    """One debit to come, and those after it."""

    sender: Sender
    name: str
    """Whom the mail greets: the signatory."""
    number: str
    due_on: dt.date
    amount: Decimal
    account_masked: str
    end_to_end_id: str
    mandate_umr: str
    creditor_id: str
    later: tuple[tuple[dt.date, Decimal], ...] = ()
    instead_of: dt.date | None = None
    """The day that the customer expected before, where the debit is moved or presented again."""
    came_back: bool = False
    """The bank sent it back; otherwise it was never presented."""
    language: Language = "fr"


def compose(data: DebitNotice) -> Message:
    """The mail, with what the account statement will show."""
    words, shown = _WORDS[data.language], formats(data.language)
    amount, date = shown.money(data.amount), shown.long_date(data.due_on)
    key = "why" if data.instead_of is None else "again" if data.came_back else "moved"
    why = words[key].format(
        date=date,
        seller=data.sender.name,
        amount=amount,
        number=data.number,
        before=shown.long_date(data.instead_of) if data.instead_of else "",
    )
    later = tuple((shown.long_date(day), shown.money(each)) for day, each in data.later)
    return mail(
        words["subject"].format(amount=amount, date=date),
        [
            paragraph(words["hello"].format(name=data.name)),
            paragraph(why),
            facts(
                (words["amount"], amount),
                (words["date"], date),
                (words["account"], data.account_masked),
                (words["reference"], data.end_to_end_id),
                (words["mandate"], data.mandate_umr),
                (words["creditor"], data.creditor_id),
            ),
            *([heading(words["rest"]), facts(*later)] if later else [paragraph(words["none"])]),
            paragraph(words["wrong"].format(phone=data.sender.phone)),
        ],
        sender=data.sender,
        language=data.language,
    )
