import json
from dataclasses import asdict, fields, is_dataclass, replace
from datetime import timedelta
from io import BytesIO
from typing import get_args, get_type_hints

import pikepdf
import pytest

import signing.evidence as signed
from templates.documents import evidence
from templates.documents.evidence import data as printed
from tests.signing.evidence_samples import make_events, make_facts
from tests.templates.reading import attachments, faults, pages, words

SAMPLE = evidence.SAMPLE


def with_facts(**changes):
    facts = replace(SAMPLE.evidence.facts, **changes)
    return replace(SAMPLE, evidence=replace(SAMPLE.evidence, facts=facts))


def written(data):
    """The evidence as a JSON file writes it."""
    return json.dumps(
        asdict(data.evidence), default=lambda value: value.isoformat() if hasattr(value, "isoformat") else str(value)
    ).encode()


def test_first_page_answers_who_what_when_and_how():
    """A judge reads on the first page who signed what, for how much, when, where, and how that is known."""
    said = words(evidence.render(SAMPLE)).partition("1. Les parties")[0]

    for fact in (
        "Hélène Garnier",
        "Gérante",
        "AU NOM DE LA ROSE LYON SARL",
        "2026-LYO-000042",
        "6 056,76 €",
        "23/11/2026 à 14:05:09 (heure de Paris, UTC+1)",
        "Lyon",
        "06 •• •• •• 78",
        "Lumière Annuaires Horodatage",
    ):
        assert fact in said


def test_it_claims_no_more_than_the_law_gives():
    """The document calls the signature simple, and nothing more (eIDAS, articles 3 and 25)."""
    for language in ("fr", "en"):
        said = words(evidence.render(replace(SAMPLE, look=replace(SAMPLE.look, language=language)))).lower()
        for claim in ("qualifiée", "avancée", "manuscrite", "qualified", "advanced", "handwritten"):
            assert claim not in said


def test_details_are_complete():
    """Consents word for word with hash and version, provider's ids, every event with its hash, certificates, hashes."""
    said = words(evidence.render(SAMPLE)).replace(" ", "")
    facts = SAMPLE.evidence.facts

    expected = [consent.text for consent in facts.consents]
    expected += [consent.sha256 for consent in facts.consents]
    expected += [document.sha256 for document in facts.documents]
    expected += [event.hash for event in SAMPLE.evidence.events]
    expected += [certificate.sha256 for certificate in facts.certificates]
    expected += [code.provider_id for code in facts.ceremony.codes]
    expected += [facts.payment.mandate_umr, facts.order.canonical_sha256, SAMPLE.evidence.chain_head]
    for fact in expected:
        assert fact.replace("\u202f", "").replace("\u00a0", "").replace(" ", "") in said


def test_it_carries_the_evidence_file_unchanged():
    """The JSON given comes out again byte for byte."""
    data = replace(SAMPLE, json=written(SAMPLE))

    assert attachments(evidence.render(data)) == {"preuve.json": data.json}


def test_what_is_printed_is_read_from_the_file():
    """The document of a file prints that very file's facts."""
    assert evidence.from_json(written(SAMPLE), SAMPLE.look).evidence == SAMPLE.evidence


def test_a_file_that_lacks_something_is_refused_by_name():
    """A file without its ceremony is refused, with the place of what is missing and no value repeated."""
    tree = json.loads(written(SAMPLE))
    del tree["facts"]["ceremony"]

    with pytest.raises(evidence.EvidenceUnreadableError, match=r"facts\.ceremony"):
        evidence.from_json(json.dumps(tree).encode(), SAMPLE.look)


def test_names_are_those_of_the_evidence_file():
    """Every fact printed exists under the same name in what signing writes, so neither can drift alone."""
    pairs = [(printed.Facts, signed.EvidenceFacts)]
    while pairs:
        ours, theirs = pairs.pop()
        assert {field.name for field in fields(ours)} <= {field.name for field in fields(theirs)}, ours
        hints, others = get_type_hints(ours), get_type_hints(theirs)
        for name, hint in hints.items():
            for mine, other in zip((hint, *get_args(hint)), (others[name], *get_args(others[name])), strict=False):
                if is_dataclass(mine):
                    pairs.append((mine, other))


def test_what_machines_report_never_stops_the_document():
    """A browser that calls itself by signs no font has, or by markup, is printed harmlessly."""
    hostile = "<b>Mozilla</b> {x} \U00013000 \x07 العربية"
    events = tuple(replace(event, user_agent=hostile, data={"reason": hostile}) for event in SAMPLE.evidence.events)
    said = words(evidence.render(replace(SAMPLE, evidence=replace(SAMPLE.evidence, events=events))))

    assert "<b>Mozilla</b> {x} [U+13000] [U+0007]" in said


def test_long_stories_run_over_pages(tmp_path):
    """Three hundred events take the pages that they need, heads repeated, tags whole."""
    event = SAMPLE.evidence.events[0]
    events = tuple(replace(event, sequence=i, at=event.at + timedelta(seconds=i)) for i in range(1, 301))
    pdf = evidence.render(replace(SAMPLE, evidence=replace(SAMPLE.evidence, events=events)))

    assert pages(pdf) > 15
    assert "N° 300" in words(pdf)
    assert faults(pdf, tmp_path) == []


def test_what_did_not_happen_is_said():
    """Without a time-stamp, with a right of withdrawal, in training: the document says so."""
    facts = SAMPLE.evidence.facts
    declarations = replace(
        facts.declarations, withdrawal_applies=True, withdrawal_until=facts.order.signed_at.date(), early_start=True
    )
    said = words(evidence.render(with_facts(time_stamps=(), declarations=declarations, training=True)))

    assert "Aucun service d’horodatage n’a répondu" in said
    assert "oui, jusqu’au 23 novembre 2026 inclus" in said
    assert "base école" in said


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("mode", ["handover", "link"])
def test_it_is_sound(language, mode, tmp_path):
    """The tags hold, the file is sound, and the same data give the same bytes, in both languages and modes."""
    data = with_facts(ceremony=replace(SAMPLE.evidence.facts.ceremony, mode=mode))
    data = replace(data, look=replace(data.look, language=language))
    pdf = evidence.render(data)

    assert faults(pdf, tmp_path) == []
    assert evidence.render(data) == pdf


def test_a_real_evidence_file_is_printed():
    """What signing writes is read and printed as it stands."""
    facts = make_facts()
    file = signed.build_evidence(facts, make_events(facts), None)
    data = evidence.from_json(file, SAMPLE.look)
    pdf = evidence.render(data)

    assert attachments(pdf) == {"preuve.json": file}
    assert facts.signatory.name in words(pdf)
    assert data.evidence.chain_head in words(pdf)


def test_the_story_stays_on_one_page():
    """Names and roles of ninety characters do not push the first page's end onto a second one."""
    long = "Société coopérative artisanale des maîtres-verriers du Beaujolais et de la Dombes réunis SA"
    facts = SAMPLE.evidence.facts
    who = replace(facts.signatory, name=long, role=long[:60], company=long)
    pdf = evidence.render(with_facts(signatory=who, customer=replace(facts.customer, legal_name=long)))

    assert "1. Les parties" in words(pdf, page=2)


def test_the_seller_seals_a_field_of_the_document(tmp_path):
    """The field is drawn with the file, as a Form that readers are told, so that sealing adds nothing untagged."""
    pdf = evidence.render(SAMPLE)

    with pikepdf.open(BytesIO(pdf)) as opened:
        (field,) = opened.Root.AcroForm.Fields
        assert (str(field.T), str(field.FT)) == ("seller", "/Sig")
        assert "/V" not in field
    assert faults(pdf, tmp_path) == []
