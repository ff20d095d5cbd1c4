"""The verdict that anybody may ask for: limited per address, judged apart, with what our authority has taken back."""

from contextlib import suppress
from functools import cache

from sqlalchemy import delete

from pipeline.addresses import take_place
from pipeline.bootstrap import Services
from pipeline.errors import VerificationBusy, VerificationTooHeavy, VerificationTooOften
from signing.code import DAY
from signing.errors import SigningError
from signing.verify import Report
from signing.verify.apart import Judges, JudgesBusy, JudgingTooHeavy
from storage.models import Verification

AGAIN_SECONDS = 10
"""After which another try makes sense where all places were taken."""


@cache
def judges() -> Judges:
    """Those of this process."""
    return Judges()


def public_verdict(services: Services, pdf: bytes, evidence: bytes | None, ip: str | None) -> Report:
    """What a file proves, for whoever asks from this address; nothing of it is kept.

    Raises:
        VerificationTooOften: too many were asked from there; says how many seconds to wait.
        VerificationBusy: too many are being judged.
        VerificationTooHeavy: the file takes too much time or memory.
    """
    _count(services, ip)
    crls: list[bytes] = []
    with suppress(SigningError):  # an authority that does not sign now keeps no verdict waiting
        crls.append(services.revocation.own(services.keys.authority))
    try:
        return judges().verify(
            pdf,
            trust=services.keys.roots,
            stamp_trust=services.keys.stamp_roots,
            evidence=evidence,
            now=services.clock(),
            crls=crls,
        )
    except JudgesBusy as error:
        raise VerificationBusy(AGAIN_SECONDS) from error
    except JudgingTooHeavy as error:
        raise VerificationTooHeavy from error


def forget_verifications(services: Services) -> None:
    """Delete the addresses of more than a day ago."""
    with services.works() as work:
        work.session.execute(delete(Verification).where(Verification.at < services.clock() - DAY))


def _count(services: Services, ip: str | None) -> None:
    """Count one more, under the name of its network, as codes are: whichever process asks."""
    with services.works() as work:
        take_place(work, Verification, "verify", ip, services.clock(), VerificationTooOften)
