"""What follows from the reason with which a bank sends a debit back (codes: EPC173-14, ISO external code set).

Short of money, or a reason that the bank keeps to itself: presented again later. Whatever the customer, his account or
his mandate stands against: never again by a program. Where the account itself is at fault, his next order has
another one signed, and what is open goes on under it. A reason that we do not know stops the debit.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Outcome:
    """One reason: its French words, whether the debit is presented again, and what becomes of its mandate."""

    words: str
    again: bool = False
    ends_mandate: bool = False
    """The mandate is over with it."""
    new_account: bool = False
    """Another account is needed: the mandate is to be amended."""


OUTCOMES: Final[dict[str, Outcome]] = {
    "AC01": Outcome("identifiant du compte incorrect", new_account=True),
    "AC04": Outcome("compte clôturé", ends_mandate=True, new_account=True),
    "AC06": Outcome("compte bloqué"),
    "AC13": Outcome(
        "compte de particulier, fermé aux prélèvements interentreprises", ends_mandate=True, new_account=True
    ),
    "AG01": Outcome("opération interdite sur ce compte"),
    "AG02": Outcome("code opération incorrect"),
    "AM04": Outcome("provision insuffisante", again=True),
    "AM05": Outcome("opération en double"),
    "BE05": Outcome("créancier inconnu de la banque"),
    "CNOR": Outcome("banque du créancier non joignable"),
    "DNOR": Outcome("banque du débiteur non joignable"),
    "ED05": Outcome("règlement entre banques manqué", again=True),
    "FF01": Outcome("format du fichier incorrect"),
    "FF05": Outcome("schéma de prélèvement incorrect"),
    "MD01": Outcome("absence de mandat", ends_mandate=True),
    "MD02": Outcome("données du mandat incorrectes"),
    "MD06": Outcome("remboursement demandé par le client"),
    "MD07": Outcome("titulaire du compte décédé", ends_mandate=True),
    "MS02": Outcome("refus du client, sans motif"),
    "MS03": Outcome("motif non communiqué par la banque", again=True),
    "RC01": Outcome("BIC incorrect"),
    "RR01": Outcome("identification du débiteur manquante"),
    "RR02": Outcome("nom ou adresse du débiteur manquant"),
    "RR03": Outcome("nom ou adresse du créancier manquant"),
    "RR04": Outcome("raison réglementaire"),
    "SL01": Outcome("opposition du client enregistrée par sa banque"),
}

UNKNOWN: Final = Outcome("motif inconnu")


def outcome_of(code: str) -> Outcome:
    """What follows from a code; one that is not in the table stops the debit and waits for a human."""
    return OUTCOMES.get(code, UNKNOWN)
