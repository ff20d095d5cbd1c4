"""What follows from the reason with which a bank sends a debit back (codes: EPC173-14, ISO external code set).

Short of money, or a reason that the bank keeps to itself: presented again later. Whatever the customer, his account or
his mandate stands against: never again by a program. Where the account itself is at fault, his next order has
another one signed, and what is open goes on under it. A reason that we do not know stops the debit.
"""

from dataclasses import dataclass
from typing import Final

from templates.french import Language


@dataclass(frozen=True)
class Outcome:
    """One reason: its words in two languages, whether the debit is presented again, what becomes of its mandate."""

    words: str
    english: str
    again: bool = False
    ends_mandate: bool = False
    """The mandate is over with it."""
    new_account: bool = False
    """Another account is needed: the mandate is to be amended."""

    def said(self, language: Language) -> str:
        """The words in a language."""
        return self.words if language == "fr" else self.english


OUTCOMES: Final[dict[str, Outcome]] = {
    "AC01": Outcome("identifiant du compte incorrect", "incorrect account identifier", new_account=True),
    "AC04": Outcome("compte clôturé", "account closed", ends_mandate=True, new_account=True),
    "AC06": Outcome("compte bloqué", "account blocked"),
    "AC13": Outcome(
        "compte de particulier, fermé aux prélèvements interentreprises",
        "consumer account, closed to business-to-business debits",
        ends_mandate=True,
        new_account=True,
    ),
    "AG01": Outcome("opération interdite sur ce compte", "transaction forbidden on this account"),
    "AG02": Outcome("code opération incorrect", "incorrect transaction code"),
    "AM04": Outcome("provision insuffisante", "insufficient funds", again=True),
    "AM05": Outcome("opération en double", "duplicate"),
    "BE05": Outcome("créancier inconnu de la banque", "creditor unknown to the bank"),
    "CNOR": Outcome("banque du créancier non joignable", "creditor’s bank not reachable"),
    "DNOR": Outcome("banque du débiteur non joignable", "debtor’s bank not reachable"),
    "ED05": Outcome("règlement entre banques manqué", "settlement between the banks failed", again=True),
    "FF01": Outcome("format du fichier incorrect", "incorrect file format"),
    "FF05": Outcome("schéma de prélèvement incorrect", "incorrect debit scheme"),
    "MD01": Outcome("absence de mandat", "no mandate", ends_mandate=True),
    "MD02": Outcome("données du mandat incorrectes", "incorrect mandate data"),
    "MD06": Outcome("remboursement demandé par le client", "refund asked for by the customer"),
    "MD07": Outcome("titulaire du compte décédé", "account holder deceased", ends_mandate=True),
    "MS02": Outcome("refus du client, sans motif", "refused by the customer, without a reason"),
    "MS03": Outcome("motif non communiqué par la banque", "reason not given by the bank", again=True),
    "RC01": Outcome("BIC incorrect", "incorrect BIC"),
    "RR01": Outcome("identification du débiteur manquante", "identification of the debtor missing"),
    "RR02": Outcome("nom ou adresse du débiteur manquant", "name or address of the debtor missing"),
    "RR03": Outcome("nom ou adresse du créancier manquant", "name or address of the creditor missing"),
    "RR04": Outcome("raison réglementaire", "regulatory reason"),
    "SL01": Outcome("opposition du client enregistrée par sa banque", "blocked by the customer at his bank"),
}

UNKNOWN: Final = Outcome("motif inconnu", "unknown reason")


def outcome_of(code: str) -> Outcome:
    """What follows from a code; one that is not in the table stops the debit and waits for a human."""
    return OUTCOMES.get(code, UNKNOWN)
