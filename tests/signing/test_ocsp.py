"""Answers on revocation (OCSP) where a certificate names no list: asked, believed or not, kept, embedded, verified."""

import subprocess
from datetime import timedelta

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from signing.errors import RevocationUnavailable, ValidationInfoIncomplete
from signing.longterm import Proofs, add_validation_info, preserve
from signing.pki import Revoked
from signing.revocation import FRESH, RevocationLists, http_fetch
from signing.seal import seal_document
from signing.timestamp import LocalTimestamper
from signing.verify import verify
from tests.signing.responder import Authority, responder
from tests.signing.world import NOW, form


class Clock:
    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told(clock):
    with responder(clock) as told:
        yield told


@pytest.fixture
def both(clock):
    """Certificates that name a responder and a list."""
    with responder(clock, with_lists=True) as told:
        yield told


def lists_of(told, **changes):
    own = told.authority
    values = {
        "issuers": lambda: (),
        "known": lambda: (own.issuer.certificate, own.root.certificate),
        "files": lambda: [own.root_crl()],
        "own": lambda _: b"",
        "clock": told.clock,
        "fetch": http_fetch(2.0),
    }
    return RevocationLists(**(values | changes))


def stamper(told):
    return LocalTimestamper(told.authority.unit, clock=told.clock)


def sealed(told, *, stamped=True):
    claims = {"when": told.clock(), "reason": "Essai", "location": "Lyon"}
    return seal_document(form(), told.authority.seal, timestamper=stamper(told) if stamped else None, **claims)


def judged(told, pdf, *, after=timedelta(minutes=1)):
    return verify(pdf, trust=[told.authority.root.certificate], now=told.clock() + after, pending=["client"])


def test_b_lta_by_answers_alone(told):
    """Seal and unit name a responder only: its answers are in the file, which is B-LTA and says « checked »."""
    lists = lists_of(told)
    pdf = preserve(sealed(told), lists.proofs, stamper(told))
    for after in (timedelta(minutes=1), timedelta(days=2000)):
        report = judged(told, pdf, after=after)
        assert report.passed, report.findings
        assert report.level == "B-LTA"
        assert report.signatures[0].revocation == "checked"
    assert told.asked == 2  # one question for the seal, one for the unit


def test_answers_are_kept_while_they_hold(told, clock):
    """For an hour, or until they end where that is sooner; two orders do not ask twice."""
    lists = lists_of(told)
    told.lives = timedelta(minutes=30)
    for _ in range(3):
        lists.proofs([told.authority.seal.certificate])
    assert told.asked == 1
    clock.now += timedelta(minutes=31)
    told.lives = timedelta(days=7)
    lists.proofs([told.authority.seal.certificate])
    assert told.asked == 2
    clock.now += FRESH - timedelta(seconds=1)
    lists.proofs([told.authority.seal.certificate])
    assert told.asked == 2
    clock.now += timedelta(seconds=1)
    lists.proofs([told.authority.seal.certificate])
    assert told.asked == 3


def test_a_renewal_carries_the_next_answers(told, clock):
    """Years later the file takes fresh answers; those of then still speak for then."""
    pdf = preserve(sealed(told), lists_of(told).proofs, stamper(told))
    clock.now += timedelta(days=700)
    renewed = preserve(pdf, lists_of(told).proofs, stamper(told))
    report = judged(told, renewed, after=timedelta(days=30))
    assert report.passed, report.findings
    assert report.level == "B-LTA"


@pytest.mark.parametrize("nocheck", [True, False])
def test_a_responder_that_the_issuer_has_named(both, nocheck):
    """Believed by its usage; where it is to be asked about itself, the list that covers it is in the file as well."""
    both.signer = both.authority.delegate(nocheck=nocheck)
    both.crl = both.authority.crl(both.clock())
    pdf = preserve(sealed(both), lists_of(both).proofs, stamper(both))
    assert (both.lists > 0) is not nocheck
    report = judged(both, pdf)
    assert report.passed, report.findings
    assert report.level == "B-LTA"


def spoil(told, how):
    own = told.authority
    if how == "another usage":
        told.signer = own.delegate(usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    elif how == "another authority":
        told.signer = Authority(told.clock(), "http://127.0.0.1:1").delegate()
    elif how == "a customer":
        told.signer = own.unit
    elif how == "out of date":
        told.late, told.lives = timedelta(hours=13), timedelta(hours=12)
    elif how == "old and undated":
        told.late, told.lives = timedelta(hours=2), None
    elif how == "of the future":
        told.late = -timedelta(hours=1)
    elif how == "unknown":
        told.unknown = True
    elif how == "of another certificate":
        told.body = told.answer(_question(own.unit, own.issuer))
    elif how == "changed":
        answer = bytearray(told.answer(_question(own.seal, own.issuer)))
        answer[-5] ^= 1
        told.body = bytes(answer)
    elif how == "try later":
        told.body = bytes.fromhex("30030a0103")  # OCSPResponse, tryLater
    elif how == "noise":
        told.body = b"<html>"
    elif how == "silent":
        told.status = 503


def _question(identity, issuer):
    from signing.ocsp import question

    return question(identity.certificate, issuer.certificate)


SPOILT = [
    *("another usage", "another authority", "a customer", "out of date", "old and undated", "of the future"),
    *("unknown", "of another certificate", "changed", "try later", "noise", "silent"),
]


@pytest.mark.parametrize("how", SPOILT)
def test_an_answer_that_proves_nothing_is_none(told, how):
    """The level waits, as when a list cannot be had; nobody is asked again within a minute."""
    spoil(told, how)
    lists = lists_of(told)
    for _ in range(2):
        with pytest.raises(RevocationUnavailable):
            lists.proofs([told.authority.seal.certificate])
    assert told.asked == 1


@pytest.mark.parametrize("how", SPOILT)
def test_the_list_serves_where_the_answer_does_not(both, how):
    """A certificate that names both: the list, which then is in the file."""
    spoil(both, how)
    both.crl = both.authority.crl(both.clock())
    found = lists_of(both).proofs([both.authority.seal.certificate])
    assert (found.ocsps, len(found.crls)) == ((), 2)
    pdf = preserve(sealed(both), lists_of(both).proofs, stamper(both))
    assert judged(both, pdf).level == "B-LTA"


def test_an_answer_without_end_holds_for_an_hour(told, clock):
    """What does not say until when it holds is taken fresh."""
    told.lives = None
    lists = lists_of(told)
    lists.proofs([told.authority.seal.certificate])
    clock.now += FRESH
    lists.proofs([told.authority.seal.certificate])
    assert told.asked == 2


def test_a_revoked_seal_is_told(told, clock):
    """The answer is kept in the file: what nothing dated before is refused, what was stamped before stays good."""
    bare, stamped = sealed(told, stamped=False), sealed(told)
    clock.now += timedelta(days=1)
    told.revoked[told.authority.seal.certificate.serial_number] = clock.now - timedelta(hours=1)
    assert judged(told, bare).passed  # nothing in the file says otherwise
    late = preserve(bare, lists_of(told).proofs, stamper(told))
    report = judged(told, late)
    assert not report.passed
    assert any("révoqué" in finding.fr for finding in report.findings), report.findings
    report = judged(told, preserve(stamped, lists_of(told).proofs, stamper(told)))
    assert report.passed, report.findings
    assert report.level == "B-LTA"


def test_a_file_without_answer_is_not_called_long_term(told):
    """Neither list nor answer on the unit: level B-LT is not claimed."""
    own = told.authority
    proofs = lists_of(told).proofs([own.seal.certificate])
    pdf = sealed(told)
    with pytest.raises(ValidationInfoIncomplete, match="HORODATAGE"):
        preserve(pdf, lambda _: Proofs(proofs.certificates, proofs.crls, proofs.ocsps), stamper(told))
    with pytest.raises(ValidationInfoIncomplete):
        add_validation_info(pdf, certificates=proofs.certificates, crls=proofs.crls)


def test_lists_alone_still_do(both):
    """A revoked entry of the list is heard where the responder is silent."""
    both.status = 200
    both.body = b""
    entry = Revoked(both.authority.seal.certificate.serial_number, both.clock() - timedelta(hours=1))
    both.crl = both.authority.crl(both.clock(), [entry])
    pdf = preserve(sealed(both), lists_of(both).proofs, stamper(both))
    assert not judged(both, pdf).passed


@pytest.mark.programs
def test_pdfsig_agrees(told, tmp_path):
    """Both find the signatures whole."""
    pdf = preserve(sealed(told), lists_of(told).proofs, stamper(told))
    (tmp_path / "sealed.pdf").write_bytes(pdf)
    said = subprocess.run(
        ["pdfsig", "-nocert", "sealed.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False
    ).stdout
    report = judged(told, pdf)
    assert report.passed
    assert said.count("Signature Type:") == len(report.signatures) == 2
    assert said.count("Signature is Valid") == 1  # it does not judge document time-stamps
