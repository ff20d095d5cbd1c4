"""Who signs, and on which telephone: the code proves that the customer held his own mobile (STANDARDS 3.1)."""

from collections.abc import Collection, Iterator

from pipeline.proposal.models import Signatory
from pipeline.rules.contact import is_email, is_mobile, normal_phone, shown_phone
from pipeline.rules.finding import Finding
from pipeline.rules.messages import finding


def signatory_findings(
    signatory: Signatory, reps_mobiles: Collection[str], other_accounts: int = 0
) -> Iterator[Finding]:
    """What is missing or doubtful about the signatory; a name can still be given at « commander », hence a warning."""
    where = "account.signatory"
    if not (signatory.first_name.strip() and signatory.last_name.strip()):
        yield finding("signatory.name_missing", where, severity="warning")
    if signatory.email and not is_email(signatory.email):
        yield finding("signatory.email_invalid", f"{where}.email", severity="warning")
    yield from mobile_findings(signatory.mobile, f"{where}.mobile", reps_mobiles, other_accounts)


def mobile_findings(
    number: str, where: str, reps_mobiles: Collection[str], other_accounts: int = 0
) -> Iterator[Finding]:
    """Whether a number can and may receive the signing code.

    A rep's own number would let him sign in the customer's place: refused. One used for other accounts may be an
    accountant's or a holding's: a warning, kept with the evidence.
    """
    if not number.strip():
        yield finding("signatory.mobile_missing", where)
    elif not is_mobile(number):
        yield finding("signatory.mobile_not_mobile", where, number=shown_phone(number))
    elif normal_phone(number) in {normal_phone(mobile) for mobile in reps_mobiles}:
        yield finding("signatory.mobile_is_reps", where)
    elif other_accounts > 0:
        yield finding("signatory.mobile_shared", where, severity="warning", count=other_accounts)
