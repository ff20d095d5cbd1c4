"""The five samples give exactly what they should, and every finding is well formed."""

import datetime as dt
import json

import pytest

from pipeline.proposal import read_proposal
from pipeline.rules.check import findings
from pipeline.rules.finding import Finding, blocking, blocking_at_release
from pipeline.rules.messages import LABELS, MESSAGES, REASONS
from tests.factories import SAMPLES, TODAY, make_organisation, make_proposal, sample


def found(name: str, today: dt.date = TODAY) -> tuple[Finding, ...]:
    organisation = make_organisation()
    return findings(sample(name), today=today, reps_mobiles=organisation.reps_mobiles, organisation=organisation)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("au-nom-de-la-rose", []),
        ("epice-et-cie", []),
        ("modern-optic", []),
        (
            "bat-etanche",
            [
                ("sub_order.negative_mixed", "sub_orders[1]"),
                ("line.reservation_missing", "sub_orders[2].lines[0].reservation"),
                ("account.vat_number_invalid", "account.vat_number"),
            ],
        ),
        (
            "garage-des-lilas",
            [
                ("sub_order.nothing_active", "sub_orders[0]"),
                ("sub_order.fully_cancelled", "sub_orders[1]"),
                ("account.email_missing", "account.email"),
                ("signatory.mobile_not_mobile", "account.signatory.mobile"),
            ],
        ),
    ],
)
def test_samples(name: str, expected: list[tuple[str, str]]) -> None:
    """Code and place of every anomaly of each sample, no more and no fewer, all blocking."""
    assert expected == [(finding.code, finding.where) for finding in found(name)]
    assert len(expected) == len(blocking(found(name)))


def test_what_the_rep_reads() -> None:
    """The sentences of the design, with this proposal's values."""
    nothing, cancelled, *_ = found("garage-des-lilas")
    assert nothing.message == (
        "La commande 2600421901 S001 ne contient aucun produit nouveau, modifié ou annulé, veuillez la supprimer de "
        "votre proposition commerciale afin de passer commande."
    )
    assert cancelled.message == (
        "La sous-commande S101 est chutée en totalité : retirez-la de la proposition. Si le client ne reconduit rien, "
        "déclarez la chute totale sur son compte."
    )
    negative, _, vat = found("bat-etanche")
    assert negative.message == (
        "La sous-commande S101 a un montant négatif (−860,00\u00a0€) : elle doit faire l'objet d'un bon de commande "
        "distinct."
    )
    assert "FR84753164284" in vat.message
    assert vat.fix is not None
    assert "FR84753164284" == vat.fix.value


def test_every_sentence_exists_in_both_languages() -> None:
    """No sentence is empty, none is the other's copy, and both ask for the same values."""
    for catalog in (MESSAGES, LABELS, REASONS):
        for french, english in catalog.values():
            assert french
            assert english
            assert french != english
            assert sorted(part.split("}")[0] for part in french.split("{")[1:]) == sorted(
                part.split("}")[0] for part in english.split("{")[1:]
            )


def test_findings_are_plain_values() -> None:
    """A finding travels as JSON, and its repr shows neither sentence nor personal data."""
    finding = found("garage-des-lilas")[-1]
    assert {"code", "severity", "where", "message", "message_en", "fix"} == set(
        json.loads(json.dumps(finding.to_dict()))
    )
    assert "01 43 62" in finding.message
    assert "43 62" not in repr(finding)


def test_later_than_the_sample_its_dates_are_anomalies() -> None:
    """On 2 January 2027 the rose's booking has expired and its first debit is too close."""
    assert ["line.reservation_expired", "payment.due_too_early"] == [
        finding.code for finding in found("au-nom-de-la-rose", dt.date(2027, 1, 2))
    ]


def test_severities_stop_different_things() -> None:
    """A warning stops nothing; what blocks at release stops the release alone."""
    made = [Finding("a", "blocking", "", "", ""), Finding("b", "blocking_at_release", "", "", "")]
    made.append(Finding("c", "warning", "", "", ""))
    assert ["a"] == [finding.code for finding in blocking(made)]
    assert ["a", "b"] == [finding.code for finding in blocking_at_release(made)]


def test_the_default_proposal_of_the_tests_is_clean() -> None:
    """Tests start from a proposal without any finding."""
    assert () == findings(make_proposal(), today=TODAY, reps_mobiles=())


def test_demo_samples_are_the_samples() -> None:
    """What `seing demo` plays is what these tests check."""
    from importlib.resources import files

    for name in ("au-nom-de-la-rose", "epice-et-cie", "modern-optic"):
        packaged = files("pipeline.samples").joinpath(f"{name}.json").read_bytes()
        assert (SAMPLES / f"{name}.json").read_bytes() == packaged
        read_proposal(packaged)
