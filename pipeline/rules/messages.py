"""Every sentence of every rule, French and English, by code; a second wording of a code stands after a slash."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from pipeline.rules.finding import Action, Finding, Fix, FollowUp, Severity
from templates.french import Formats, formats

Value = str | int | Decimal | dt.date | Callable[[Formats], str]
"""What fills a sentence: a `Decimal` is money, a date a day; what else depends on the language is a function."""

MESSAGES: Final[dict[str, tuple[str, str]]] = {
    "proposal.empty": (
        "La proposition ne contient aucune sous-commande.",
        "The proposal has no sub-order.",
    ),
    "proposal.agency_unknown": (
        "L'agence {agency} n'existe pas dans l'organisation.",
        "Agency {agency} does not exist in the organisation.",
    ),
    "proposal.rep_unknown": (
        "Le commercial {rep} n'existe pas dans l'organisation.",
        "Sales representative {rep} does not exist in the organisation.",
    ),
    "sub_order.nothing_active": (
        (
            "La commande {order_ref} {number} ne contient aucun produit nouveau, modifié ou annulé, veuillez la "
            "supprimer de votre proposition commerciale afin de passer commande."
        ),
        (
            "Order {order_ref} {number} has no new, modified or cancelled product: remove it from your proposal to "
            "place the order."
        ),
    ),
    "sub_order.nil_modification": (
        (
            "La commande {order_ref} {number} ne change aucun montant : retirez-la de la proposition et confiez la "
            "modification au service client."
        ),
        (
            "Order {order_ref} {number} changes no amount: remove it from the proposal and hand the change to the "
            "customer service."
        ),
    ),
    "sub_order.fully_cancelled": (
        (
            "La sous-commande {number} est chutée en totalité : retirez-la de la proposition. Si le client ne "
            "reconduit rien, déclarez la chute totale sur son compte."
        ),
        (
            "Sub-order {number} is entirely cancelled: remove it from the proposal. If the customer renews nothing, "
            "declare the total churn on the account."
        ),
    ),
    "sub_order.negative_mixed": (
        (
            "La sous-commande {number} a un montant négatif ({amount}) : elle doit faire l'objet d'un bon de commande "
            "distinct."
        ),
        "Sub-order {number} has a negative amount ({amount}): it needs an order form of its own.",
    ),
    "line.dates_reversed": (
        "{label} : la parution se termine le {ends_on}, avant de commencer le {starts_on}.",
        "{label}: the publication ends on {ends_on}, before it starts on {starts_on}.",
    ),
    "line.discount_out_of_range": (
        "{label} : la remise de {discount} doit être comprise entre 0 et 100 %.",
        "{label}: the discount of {discount} must lie between 0 and 100%.",
    ),
    "line.vat_rate_unknown": (
        "{label} : {rate} n'est pas un taux de TVA en vigueur.",
        "{label}: {rate} is not a VAT rate in force.",
    ),
    "line.vat_rate_unknown/territory": (
        "{label} : le taux de TVA de {rate} n'est pas en vigueur au lieu de cette parution ni à l'adresse du client.",
        "{label}: the VAT rate of {rate} is in force neither where this is published nor at the customer's address.",
    ),
    "line.duplicate": (
        "{label} figure deux fois pour la même activité, le même département et les mêmes dates (voir {first}).",
        "{label} appears twice for the same activity, department and dates (see {first}).",
    ),
    "line.reservation_missing": (
        "{label} : ce produit display demande une réservation en cours de validité.",
        "{label}: this display product needs a valid booking.",
    ),
    "line.reservation_expired": (
        "{label} : la réservation {reference} a expiré le {expires_on}, renouvelez-la.",
        "{label}: booking {reference} expired on {expires_on}, renew it.",
    ),
    "line.sheet_required": (
        "{label} : remplissez la fiche suivi d'appels ({reason}) avant la remise en production.",
        "{label}: fill in the call-tracking sheet ({reason}) before the release to production.",
    ),
    "payment.instalments_differ": (
        "Le plan de règlement ({sum}) ne correspond pas au total TTC ({total}) : écart de {difference}.",
        "The payment plan ({sum}) does not match the total incl. VAT ({total}): difference of {difference}.",
    ),
    "payment.plan_on_credit": (
        "Le total est négatif ou nul : le plan de règlement doit être retiré.",
        "The total is negative or nil: the payment plan must be removed.",
    ),
    "payment.instalment_not_positive": (
        "Chaque échéance doit être supérieure à zéro : celle du {due_on} est de {amount}.",
        "Each instalment must be more than zero: that of {due_on} is {amount}.",
    ),
    "payment.due_too_early": (
        (
            "La première échéance ({due_on}) est trop proche : le client doit être prévenu {days} jours avant le "
            "prélèvement, donc pas avant le {earliest}."
        ),
        (
            "The first instalment ({due_on}) is too close: the customer must be told {days} days before the debit, "
            "hence not before {earliest}."
        ),
    ),
    "payment.due_too_early/past": (
        "La première échéance ({due_on}) est passée.",
        "The first instalment ({due_on}) is in the past.",
    ),
    "withdrawal.debit_too_early": (
        "Le client dispose d'un droit de rétractation : aucun paiement avant le {date}.",
        "The customer has a right of withdrawal: no payment before {date}.",
    ),
    "withdrawal.debit_too_early/advised": (
        "Le client peut se rétracter jusqu'au {until} : mieux vaut ne rien prélever avant le {date}.",
        "The customer may withdraw until {until}: better not to debit before {date}.",
    ),
    "withdrawal.employees_missing": (
        "Indiquez combien de personnes le client emploie : le droit de rétractation en dépend.",
        "Say how many people the customer employs: the right of withdrawal depends on it.",
    ),
    "withdrawal.employees_differ": (
        (
            "L'effectif déclaré ({declared}) ôte au client le droit de rétractation que lui donne celui de son compte "
            "({known}) : faites-le confirmer."
        ),
        (
            "The declared headcount ({declared}) takes away the right of withdrawal that the account's figure "
            "({known}) gives: have it confirmed."
        ),
    ),
    "account.email_missing": (
        "L'adresse électronique du client est obligatoire.",
        "The customer's e-mail address is mandatory.",
    ),
    "account.email_invalid": (
        "L'adresse électronique du client n'est pas valable : vérifiez-la avec lui.",
        "The customer's e-mail address is not valid: check it with them.",
    ),
    "account.siren_invalid": (
        "Le SIREN du client n'est pas valable : 9 chiffres, dont une clé de contrôle.",
        "The customer's SIREN is not valid: 9 digits, with a check digit.",
    ),
    "account.siren_invalid/missing": ("Le SIREN du client est obligatoire.", "The customer's SIREN is mandatory."),
    "account.siret_invalid": (
        "Le SIRET du client n'est pas valable : 14 chiffres, dont une clé de contrôle.",
        "The customer's SIRET is not valid: 14 digits, with a check digit.",
    ),
    "account.siret_invalid/other": (
        "Le SIRET du client ne commence pas par son SIREN ({siren}).",
        "The customer's SIRET does not start with its SIREN ({siren}).",
    ),
    "account.vat_number_invalid": (
        "Le numéro de TVA du client n'est pas valable.",
        "The customer's VAT number is not valid.",
    ),
    "account.vat_number_invalid/expected": (
        "Le numéro de TVA du client ne correspond pas à son SIREN : {right} est attendu.",
        "The customer's VAT number does not match its SIREN: {right} is expected.",
    ),
    "account.epj_invalid": (
        "Le numéro EPJ du client doit compter 8 chiffres.",
        "The customer's EPJ number must have 8 digits.",
    ),
    "account.address_incomplete": (
        "L'adresse du client est incomplète : {missing}.",
        "The customer's address is incomplete: {missing}.",
    ),
    "signatory.name_missing": (
        "Indiquez le prénom et le nom du signataire.",
        "Give the signatory's first and last name.",
    ),
    "signatory.role_missing": (
        "Indiquez en quelle qualité le signataire engage le client.",
        "Say in which capacity the signatory commits the customer.",
    ),
    "signatory.email_invalid": (
        "L'adresse électronique du signataire n'est pas valable.",
        "The signatory's e-mail address is not valid.",
    ),
    "signatory.mobile_missing": (
        "Le numéro de mobile du signataire est obligatoire : il reçoit le code de signature.",
        "The signatory's mobile number is mandatory: it receives the signing code.",
    ),
    "signatory.mobile_not_mobile": (
        "Le {number} n'est pas un numéro de mobile : le code ne pourrait pas être reçu.",
        "{number} is not a mobile number: the code could not be received.",
    ),
    "signatory.mobile_is_reps": (
        "Ce numéro est celui d'un commercial : le client doit recevoir le code sur son propre mobile.",
        "This is a sales representative's number: the customer must receive the code on their own mobile.",
    ),
    "signatory.mobile_shared": (
        "Ce mobile sert déjà à {count} autre(s) compte(s) : vérifiez que c'est bien celui du signataire.",
        "This mobile already serves {count} other account(s): check that it is the signatory's.",
    ),
    "signatory.mobile_changed": (
        "Ce mobile n'est pas celui avec lequel le mandat a été signé : vérifiez que c'est bien celui du signataire.",
        "This is not the mobile with which the mandate was signed: check that it is the signatory's.",
    ),
    "mandate.iban_missing": ("L'IBAN du client est obligatoire.", "The customer's IBAN is mandatory."),
    "mandate.iban_invalid": (
        "Cet IBAN n'est pas valable : vérifiez chaque caractère sur le relevé d'identité bancaire.",
        "This IBAN is not valid: check every character on the bank details.",
    ),
    "mandate.iban_not_sepa": (
        "Ce compte est tenu hors de la zone SEPA : il ne peut pas être prélevé.",
        "This account is held outside the SEPA area: it cannot be debited.",
    ),
    "mandate.iban_unchanged": (
        "Ce compte est déjà celui du mandat : il n'y a rien à changer.",
        "This is the mandate's account already: there is nothing to change.",
    ),
    "mandate.iban_is_sellers": (
        "Cet IBAN est le nôtre : saisissez celui du client.",
        "This IBAN is ours: enter the customer's.",
    ),
    "mandate.holder_missing": (
        "Indiquez le titulaire du compte, comme sur le relevé d'identité bancaire.",
        "Give the account holder, as on the bank details.",
    ),
    "mandate.holder_too_long": (
        "Le nom du titulaire compte plus de 70 caractères : les banques n'en acceptent pas davantage.",
        "The holder's name has more than 70 characters: banks take no more.",
    ),
    "customer.unreadable": (
        "Cette valeur ne peut pas être lue : vérifiez-la.",
        "This value cannot be read: check it.",
    ),
    "order.place_missing": ("Indiquez le lieu de signature.", "Give the place of signing."),
}

REASONS: Final[dict[str, tuple[str, str]]] = {
    "no_number": ("aucun numéro mesuré", "no measured number"),
    "several_numbers": ("plusieurs numéros mesurés", "several measured numbers"),
    "mobile_number": ("numéro de mobile", "mobile number"),
    "several_departments": ("plusieurs départements", "several departments"),
    "other_contact": ("autre numéro de contact", "other contact number"),
    "overflow": ("numéro de débordement", "overflow number"),
    "line1": ("voie", "street"),
    "postal_code": ("code postal", "postcode"),
    "city": ("ville", "town"),
    "country": ("pays", "country"),
}
"""Words listed inside a sentence."""

LABELS: Final[dict[str, tuple[str, str]]] = {
    "remove_sub_order": ("Retirer la sous-commande", "Remove the sub-order"),
    "split_negative": ("Séparer en deux propositions", "Split into two proposals"),
    "spread_difference": ("Reporter l'écart sur la dernière échéance", "Put the difference on the last instalment"),
    "replan": ("Répartir le total sur les échéances", "Spread the total over the instalments"),
    "remove_plan": ("Retirer le plan de règlement", "Remove the payment plan"),
    "move_schedule": ("Décaler les échéances à partir du {value}", "Move the instalments to {value} or later"),
    "set_vat_number": ("Corriger le numéro de TVA", "Correct the VAT number"),
    "remove_line": ("Retirer la ligne", "Remove the line"),
}
"""What the button of each fix says."""


def finding(
    code: str,
    where: str,
    *,
    severity: Severity = "blocking",
    fix: Fix | None = None,
    variant: str = "",
    **values: Value,
) -> Finding:
    """The finding of a code at a place, its sentences filled in both languages."""
    french, english = MESSAGES[f"{code}/{variant}" if variant else code]
    return Finding(code, severity, where, _fill(french, "fr", values), _fill(english, "en", values), fix)


def fix(action: Action, value: str | dt.date = "", follow_up: FollowUp | None = None) -> Fix:
    """The fix of an action, its button labelled in both languages."""
    french, english = LABELS[action]
    text = value if isinstance(value, str) else value.isoformat()
    return Fix(action, _fill(french, "fr", {"value": value}), _fill(english, "en", {"value": value}), text, follow_up)


def listed(names: list[str]) -> Callable[[Formats], str]:
    """Words of `REASONS` in a row, in the language of the sentence."""
    return lambda form: ", ".join(REASONS[name][0 if form.language == "fr" else 1] for name in names)


def _fill(sentence: str, language: str, values: dict[str, Value]) -> str:
    form = formats("en" if language == "en" else "fr")
    return sentence.format(**{name: _shown(value, form) for name, value in values.items()})


def _shown(value: Value, form: Formats) -> str:
    if isinstance(value, Decimal):
        return form.money(value)
    if isinstance(value, dt.date):
        return form.date(value)
    return value(form) if callable(value) else str(value)
