"""What our steps write down in words: tasks, the ends of mandates, entries of a bank's file that nothing matched.

They are kept in French, the language of the house. A screen in English says the same in English; what people typed
stays in their words.
"""

import datetime as dt
import re
from decimal import Decimal
from functools import cache
from typing import Any, Final

from pipeline.rules.returns import OUTCOMES, UNKNOWN, outcome_of
from templates.french import Language, formats

MANDATE_STATES: Final[dict[str, tuple[str, str]]] = {
    "active": ("en cours", "current"),
    "amended": ("remplacé", "replaced"),
    "revoked": ("révoqué", "revoked"),
    "expired": ("caduc", "lapsed"),
}

_CAME_BACK: Final = (
    "Prélèvement de {amount} du {date} revenu : {reason}.",
    "The debit of {amount} of {date} came back: {reason}.",
)

SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "debit.again": (
        f"{_CAME_BACK[0]} Il est présenté de nouveau le {{day}}.",
        f"{_CAME_BACK[1]} It will be presented again on {{day}}.",
    ),
    "debit.mandate_over": (f"{_CAME_BACK[0]} Le mandat ne sert plus.", f"{_CAME_BACK[1]} The mandate is over."),
    "debit.stopped": (
        f"{_CAME_BACK[0]} Il n’est pas présenté de nouveau.",
        f"{_CAME_BACK[1]} It will not be presented again.",
    ),
    "debit.creditor_changed": (
        (
            "Prélèvement impossible : le mandat {umr} a été donné sous un autre identifiant créancier. Faites signer "
            "un nouveau mandat (« Changer de compte »)."
        ),
        (
            "Cannot be debited: mandate {umr} was given to another creditor identifier. Have a new mandate signed "
            "(“Change account”)."
        ),
    ),
    "debit.creditor": ("autre identifiant créancier", "another creditor identifier"),
    "mandate.left_one": (
        "Le mandat {umr} est {state} : 1 échéance ne peut plus être prélevée.",
        "Mandate {umr} is {state}: 1 instalment can no longer be debited.",
    ),
    "mandate.left_many": (
        "Le mandat {umr} est {state} : {count} échéances ne peuvent plus être prélevées.",
        "Mandate {umr} is {state}: {count} instalments can no longer be debited.",
    ),
    "mandate.left_all": (
        "Le mandat {umr} est {state} : aucune échéance de cette commande ne peut être prélevée.",
        "Mandate {umr} is {state}: no instalment of this order can be debited.",
    ),
    "mandate.ended": ("Mandat {state}", "Mandate {state}"),
    "mandate.new_account": ("Nouveau compte bancaire", "New bank account"),
    "mandate.lapsed": ("36 mois sans prélèvement présenté", "36 months without a debit presented"),
    "bank.reason": ("{reason}", "{reason}"),
    "bank.unknown_debit": ("prélèvement inconnu", "unknown debit"),
    "bank.no_reference": ("sans référence de prélèvement connue", "no reference of a debit that we know"),
    "bank.other_amount": ("montant différent de celui du prélèvement", "another amount than that of the debit"),
    "archive.kept": ("{count} documents, jusqu’au {day}", "{count} documents, until {day}"),
    "order.renounced": ("Rétractation du client", "Withdrawal by the customer"),
    "order.renounced_silently": ("Rétractation", "Withdrawal"),
    "order.erased": ("Demande d'effacement", "Request for erasure"),
    "order.corrected": ("Corrigé avant signature", "Corrected before it was signed"),
}
"""French and English. Braces: `amount` in euros, `date` and `day`, `reason` (a bank's code), `state` of a mandate."""


def written(key: str, **values: Any) -> str:
    """One of `SENTENCES` as it is kept: in French, with a bank's code behind its words.

    Raises:
        KeyError: no such sentence, or a value that it asks for is missing.
    """
    return _filled(key, values, "fr")


def said(text: str, language: Language) -> str:
    """A text that was kept, in the language of the screen where it is one of ours, alone or in a row parted by dots."""
    if language == "fr":
        return text
    return " · ".join(_said(part) for part in text.split(" · "))


def _said(text: str) -> str:
    for key, pattern in _patterns().items():
        if found := pattern.fullmatch(text):
            values = {name: _read(name, value) for name, value in found.groupdict().items()}
            if None not in values.values():
                return _filled(key, values, "en")
    return text


def _filled(key: str, values: dict[str, Any], language: Language) -> str:
    shown, place = formats(language), 0 if language == "fr" else 1
    ready = dict(values)
    for name, value in values.items():
        if name == "amount":
            ready[name] = shown.money(value)
        elif name in {"date", "day"}:
            ready[name] = shown.date(value)
        elif name == "state":
            ready[name] = MANDATE_STATES[value][place]
        elif name == "reason":
            code, with_code = value if isinstance(value, tuple) else (value, bool(value))
            ready[name] = outcome_of(code).said(language) + (f" ({code})" if with_code else "")
    return SENTENCES[key][place].format(**ready)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    shapes = {"amount": "[^:]+?", "date": r"\d\d/\d\d/\d{4}", "day": r"\d\d/\d\d/\d{4}", "umr": r"\S+", "count": r"\d+"}
    known = sorted({re.escape(each.words) for each in (*OUTCOMES.values(), UNKNOWN)}, key=len, reverse=True)
    shapes["reason"] = rf"(?:{'|'.join(known)})(?: \([A-Z0-9]{{1,35}}\))?"
    shapes["state"] = "|".join(french for french, _ in MANDATE_STATES.values())
    found = {}
    for key, (french, _) in SENTENCES.items():
        parts = enumerate(re.split(r"\{(\w+)\}", french))
        pattern = (f"(?P<{part}>{shapes[part]})" if place % 2 else re.escape(part) for place, part in parts)
        found[key] = re.compile("".join(pattern))
    return found


def _read(name: str, text: str) -> Any:
    """A value back from its French form; None where it is not one."""
    if name == "amount":
        figures = re.sub(r"[^\d,]", "", text).replace(",", ".")
        sign = -1 if text.startswith(("-", "\u2212")) else 1
        return Decimal(figures) * sign if re.fullmatch(r"\d+\.\d\d", figures) else None
    if name in {"date", "day"}:
        day, month, year = text.split("/")
        return dt.date(int(year), int(month), int(day))
    if name == "state":
        return next(state for state, (french, _) in MANDATE_STATES.items() if french == text)
    if name == "reason":
        words, _, code = text.partition(" (")
        known = next((key for key, each in OUTCOMES.items() if each.words == words), "")
        return (code.rstrip(")") or known, bool(code))
    return text
