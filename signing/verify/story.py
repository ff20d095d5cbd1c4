"""What happened, told in French sentences from the evidence file alone."""

from collections.abc import Iterator
from decimal import Decimal

from signing.evidence import SIGNED, CodeSent, Evidence, EvidenceFacts
from signing.verify.sentences import french_instant

_MODES = {
    "handover": "sur la tablette du commercial, qui lui a été remise",
    "link": "sur son propre appareil, par un lien",
}
_CHANNELS = {"sms": "par SMS", "voice": "par appel vocal"}
_OUTCOMES = {"used": "accepté", "expired": "expiré sans avoir servi", "superseded": "remplacé par le suivant"}


def story(evidence: Evidence) -> list[str]:
    """The signing as a list of sentences, in the order of time; instants in Paris time with the zone."""
    facts = evidence.facts
    lines = ["Exercice de formation : ce dossier n'a aucune valeur."] if facts.training else []
    lines += [*_preparation(facts), *_consent(facts), *_before(evidence), *_code(facts), *_sealing(evidence)]
    return lines


def _preparation(facts: EvidenceFacts) -> Iterator[str]:
    order, signatory, ceremony = facts.order, facts.signatory, facts.ceremony
    yield (
        f"Le {french_instant(order.prepared_at)}, {facts.rep.name} ({facts.agency.name}) a préparé pour "
        f"{facts.seller.name} {_act(facts)}"
    )
    for document in facts.documents:
        if document.role == "shown":
            yield (
                f"Le formulaire certifié par le vendeur ({document.name}, modèle {document.template_version}) porte "
                f"l'empreinte SHA-256 {document.sha256}."
            )
    yield (
        f"Le {french_instant(ceremony.opened_at)}, la signature a été ouverte par {ceremony.opened_by} à "
        f"{order.place} ; {signatory.name}, {signatory.role} de {signatory.company}, a signé "
        f"{_MODES[ceremony.mode]} ; {_displayed(facts)}."
    )
    for element in signatory.identity:
        yield f"Identité : {element.name} « {element.value} », obtenu ainsi : {element.obtained}."
    if not _is_amendment(facts):
        yield from _declared(facts)


def _displayed(facts: EvidenceFacts) -> str:
    count = sum(len(document.page_images) for document in facts.documents if document.role == "shown")
    if not count:
        return "aucune page du document n'y a été affichée"
    return f"{_count(count, 'page')} du document y {'ont été affichées' if count > 1 else 'a été affichée'}"


def _declared(facts: EvidenceFacts) -> Iterator[str]:
    declared = facts.declarations
    yield (
        f"Le client a déclaré un effectif de {declared.headcount} et un objet "
        f"{'étranger à' if declared.outside_main_activity else 'relevant de'} son activité principale ; "
        + (
            f"il dispose d'un droit de rétractation jusqu'au {declared.withdrawal_until:%d/%m/%Y}"
            if declared.withdrawal_applies and declared.withdrawal_until
            else "il ne dispose pas d'un droit de rétractation"
        )
        + (" et a demandé expressément que la prestation commence avant." if declared.early_start else ".")
    )


def _is_amendment(facts: EvidenceFacts) -> bool:
    """Whether another account was signed, and nothing ordered."""
    return any(document.kind == "mandate_amendment" for document in facts.documents)


def _act(facts: EvidenceFacts) -> str:
    order, customer = facts.order, facts.customer
    whose = f"n° {order.number} de {customer.legal_name} (n° EPJ {customer.epj})"
    if _is_amendment(facts):
        return f"le changement de compte {whose}."
    return (
        f"le bon de commande {whose}, tiré de la proposition {order.proposal_reference}, version "
        f"{order.proposal_version}, d'un montant de {_euros(order.total_incl_vat)} TTC "
        f"({_euros(order.total_excl_vat)} HT)."
    )


def _consent(facts: EvidenceFacts) -> Iterator[str]:
    for consent in facts.consents:
        verb = "a coché" if consent.given else "n'a pas coché"
        yield f"Le {french_instant(consent.at)}, il {verb} (texte {consent.version}) : « {consent.text} »"


def _before(evidence: Evidence) -> Iterator[str]:
    """What happened in ceremonies of the same order that came to nothing, from the events."""
    ceremony, earlier = evidence.facts.ceremony.id, []
    for event in evidence.events:
        if event.kind == SIGNED:
            break
        if event.data.get("ceremony", ceremony) != ceremony:
            earlier.append(event.kind)
    opened = earlier.count("ceremony.opened")
    if opened:
        others = "une autre signature" if opened == 1 else f"{opened} autres signatures"
        verb = "avait été ouverte" if opened == 1 else "avaient été ouvertes"
        yield (
            f"Avant elle, {others} de la même commande {verb} : {_count(earlier.count('code.sent'), 'code envoyé')}, "
            f"{_count(earlier.count('code.wrong'), 'essai erroné')}."
        )


def _code(facts: EvidenceFacts) -> Iterator[str]:
    ceremony = facts.ceremony
    for code in ceremony.codes:
        yield f"Le {french_instant(code.sent_at)}, le code n° {code.sequence} {_sent(facts, code)}."
    tries = _count(ceremony.wrong_tries, "essai erroné")
    yield (
        f"Le {french_instant(ceremony.code_accepted_at)}, après {tries} dans cette signature, le code lié à ce "
        f"formulaire et au montant de {_euros(ceremony.bound_amount)} a été accepté"
        + (f" depuis l'adresse {ceremony.ip}." if ceremony.ip else ".")
    )


def _sent(facts: EvidenceFacts, code: CodeSent) -> str:
    to = f"{_CHANNELS[code.channel]} au {facts.signatory.mobile.masked}"
    if not code.provider:
        known = "aucun opérateur ne l'a pris" if code.delivery == "refused" else "aucun opérateur n'a répondu"
        return f"n'a pas pu être envoyé {to} : {known}"
    reference = f", référence {code.provider_id}" if code.provider_id else ""
    return f"a été envoyé {to} ({code.provider}{reference} : {code.delivery}) ; il a été {_OUTCOMES[code.outcome]}"


def _sealing(evidence: Evidence) -> Iterator[str]:
    facts = evidence.facts
    for document in facts.documents:
        if document.role == "sealed":
            yield (
                f"Le {french_instant(facts.order.sealed_at)}, la signature du client a été apposée au niveau PAdES "
                f"{facts.level} ; le fichier scellé porte l'empreinte SHA-256 {document.sha256}."
            )
    for used in facts.certificates:
        if used.role == "customer":
            yield (
                f"Le certificat à usage unique du client (n° {used.serial}) a été délivré par {used.issuer}, "
                f"valable jusqu'au {french_instant(used.not_after)}."
            )
    if facts.payment.mandate_umr:
        yield (
            f"Le paiement se fait par le mandat {facts.payment.mandate_umr}, sur le compte "
            f"{facts.payment.iban_masked} de {facts.payment.account_holder}."
        )
    if evidence.events:
        yield (
            f"Ce récit repose sur {len(evidence.events)} événements enchaînés, du "
            f"{french_instant(evidence.events[0].at)} au {french_instant(evidence.events[-1].at)}, dont le dernier "
            f"porte l'empreinte {evidence.chain_head}."
        )


def _count(number: int, words: str) -> str:
    """`1 code envoyé`, `5 essais erronés`: each word takes the plural."""
    return f"{number} {words if number < 2 else ' '.join(f'{word}s' for word in words.split())}"


def _euros(amount: Decimal) -> str:
    """`6 056,76 €` with narrow no-break spaces."""
    return f"{amount:,.2f} €".replace(",", "\u202f").replace(".", ",").replace(" €", "\u00a0€")
