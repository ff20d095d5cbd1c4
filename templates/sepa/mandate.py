"""What names a mandate, its creditor and a debit."""

import re
from typing import Final

from stdnum.eu import at_02
from stdnum.exceptions import ValidationError

from templates.errors import TemplateError

# The Latin set of the EPC without its space (EPC217-08): no identifier of ours has any.
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9/\-?:().,'+]{1,35}", re.ASCII)


class MandateError(TemplateError):
    """A mandate reference or creditor identifier that no bank would take."""

    code = "mandate.wrong"


def is_identifier(value: str) -> bool:
    """Whether a bank takes it: 35 characters, slashes only inside and one at a time (EPC217-08)."""
    slashes = value.startswith("/") or value.endswith("/") or "//" in value
    return bool(_IDENTIFIER.fullmatch(value)) and not slashes


def check_umr(umr: str) -> None:
    """A mandate reference (RUM): 35 characters of the EPC's set, slashes only inside and one at a time (EPC217-08).

    Raises:
        MandateError: with the reason in French.
    """
    if not is_identifier(umr):
        raise MandateError("la référence unique du mandat a 1 à 35 caractères : A-Z a-z 0-9 / - ? : ( ) . , ' +")


def check_creditor_id(creditor_id: str) -> None:
    """A creditor identifier (ICS): its country, its check digits over the national number (stdnum eu.at_02).

    Raises:
        MandateError: with the reason in French.
    """
    try:
        at_02.validate(creditor_id)
    except ValidationError as error:
        raise MandateError("l'identifiant créancier SEPA (ICS) n'est pas valable") from error


def make_umr(order_number: str, rank: int = 1) -> str:
    """The mandate reference that an order gives birth to: `M-2026-LYO-000042`; `-2` for a second one.

    Raises:
        MandateError: the order number is empty or too long for it.
    """
    core = re.sub(r"[^A-Z0-9]+", "-", order_number.upper()).strip("-")
    umr = f"M-{core}" if rank == 1 else f"M-{core}-{rank}"
    if not core:
        raise MandateError("un mandat se nomme d'après un numéro de commande")
    check_umr(umr)
    return umr


def make_end_to_end_id(order_number: str, sequence: int) -> str:
    """The name of a debit from the plan to the bank statement: `2026-LYO-000042-03`, the same at every attempt."""
    return f"{order_number}-{sequence:02d}"
