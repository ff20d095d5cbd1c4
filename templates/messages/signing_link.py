"""The signing link by mail, for a customer who reads and signs without the rep's tablet."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from templates.french import Language, formats
from templates.messages.message import Message, Sender, button, facts, mail, notice, paragraph, typeset

_WORDS: Final = typeset(
    {
        "fr": {
            "subject": "Votre commande {number} à lire et à signer",
            "hello": "Bonjour {name},",
            "why": "{rep} a préparé pour {company} la commande ci-dessous. Lisez-la à votre rythme sur votre "
            "téléphone ou votre ordinateur ; rien n'est commandé tant que vous n'avez pas signé.",
            "order": "Commande",
            "company": "Client",
            "total": "Total TTC",
            "until": "À signer avant le",
            "button": "Lire et signer la commande",
            "code": "Un code vous sera envoyé par SMS au {mobile} au moment de signer. Ce lien et ce code vous sont "
            "personnels : personne, chez {seller} ou ailleurs, ne vous les demandera par téléphone ou par message.",
            "account_subject": "Votre nouveau compte bancaire : un mandat à lire et à signer",
            "account_why": "{rep} a préparé pour {company} le changement de compte que vous avez demandé. Lisez-le à "
            "votre rythme ; tant que vous n'avez pas signé, rien ne change. Vos commandes et leurs montants restent "
            "les mêmes.",
            "account_number": "Changement de compte",
            "account": "Nouveau compte",
            "account_button": "Lire et signer le mandat",
            "account_contact": "Une question, ou un changement que vous n'avez pas demandé ? Appelez {rep} au {phone}.",
            "contact": "Une question, ou une commande que vous ne reconnaissez pas ? Appelez {rep} au {phone}.",
        },
        "en": {
            "subject": "Your order {number} to read and sign",
            "hello": "Dear {name},",
            "why": "{rep} has prepared the order below for {company}. Read it at your own pace on your telephone or "
            "computer; nothing is ordered until you sign.",
            "order": "Order",
            "company": "Customer",
            "total": "Total incl. VAT",
            "until": "Sign before",
            "button": "Read and sign the order",
            "code": "A code will be sent by text message to {mobile} when you sign. This link and this code are "
            "yours alone: nobody, at {seller} or elsewhere, will ask you for them by telephone or in a message.",
            "account_subject": "Your new bank account: a mandate to read and to sign",
            "account_why": "{rep} has prepared the change of account that you asked for on behalf of {company}. Read "
            "it at your own pace; nothing changes until you sign. Your orders and their amounts stay the same.",
            "account_number": "Change of account",
            "account": "New account",
            "account_button": "Read and sign the mandate",
            "account_contact": "Any question, or a change that you did not ask for? Call {rep} on {phone}.",
            "contact": "Any question, or an order that you do not recognise? Call {rep} on {phone}.",
        },
    }
)


@dataclass(frozen=True)
class SigningLink:
    """An order that waits for its customer."""

    sender: Sender
    number: str
    company: str
    signatory: str
    total_incl_vat: Decimal
    mobile_masked: str
    valid_until: dt.date
    rep: str
    rep_phone: str
    url: str = field(repr=False)
    """Holds the secret of this signature: it opens the order for whoever has it."""
    language: Language = "fr"
    account_masked: str = ""
    """Where another account is signed and nothing is bought: that account."""


def compose(data: SigningLink) -> Message:
    """The mail with its one button."""
    words, shown = _WORDS[data.language], formats(data.language)
    which = "account_" if data.account_masked else ""
    what = (
        (words["account"], data.account_masked)
        if data.account_masked
        else (words["total"], shown.money(data.total_incl_vat))
    )
    return mail(
        words[f"{which}subject"].format(number=data.number),
        [
            paragraph(words["hello"].format(name=data.signatory)),
            paragraph(words[f"{which}why"].format(rep=data.rep, company=data.company)),
            facts(
                (words["account_number" if which else "order"], data.number),
                (words["company"], data.company),
                what,
                (words["until"], shown.long_date(data.valid_until)),
            ),
            button(words[f"{which}button"], data.url),
            notice(words["code"].format(mobile=data.mobile_masked, seller=data.sender.name)),
            paragraph(words[f"{which}contact"].format(rep=data.rep, phone=data.rep_phone)),
        ],
        sender=data.sender,
        language=data.language,
    )
