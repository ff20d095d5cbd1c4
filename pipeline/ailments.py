"""What a failure of keys, services or settings is called in French, and how it is mended.

A library's own words are English, and may hold an address with its password: none of them is repeated.
"""

from typing import NamedTuple

from signing import errors as signing


class Ailment(NamedTuple):
    """A sentence without its subject ("ne répond pas."), and what to do."""

    said: str
    remedy: str


KEYS: dict[type[Exception], Ailment] = {
    signing.KeyFileMissing: Ailment("est introuvable, ou illisible pour ce compte.", "Vérifiez chemin et droits."),
    signing.KeyFileUnreadable: Ailment("n'a pas la forme attendue.", "Vérifiez l'adresse et le fichier."),
    signing.WrongPassphrase: Ailment("ne s'ouvre pas avec ce secret.", "Vérifiez SEING_KEY_PASSPHRASE."),
    signing.CertificateExpired: Ailment("a un certificat expiré.", "Mettez la clé suivante à sa place."),
    signing.CertificateRevoked: Ailment("a un certificat révoqué.", "Mettez une autre clé à sa place."),
    signing.CertificateNotYetValid: Ailment("a un certificat pas encore valable.", "Vérifiez l'heure du système."),
    signing.KeyTooWeak: Ailment("est trop faible ou d'un type inconnu.", "Il faut RSA-3072 au moins, ou P-256."),
    signing.WrongKeyUsage: Ailment("a un certificat pour un autre usage.", "Demandez un certificat pour celui-ci."),
    signing.KeyMismatch: Ailment("n'est pas la clé de ce certificat.", "Vérifiez SEING_…_CERTIFICATES."),
    signing.KeyUnavailable: Ailment("ne répond pas.", "Vérifiez le module ou le service de clés."),
    signing.KeyFileError: Ailment("ne peut pas servir.", "Vérifiez l'adresse, les droits et le service de clés."),
    signing.TimestampUnavailable: Ailment("n'a pas donné d'horodatage.", "Vérifiez SEING_TSA_URL et le réseau."),
    signing.TimestampRefused: Ailment(
        "a donné un horodatage refusé.", "Vérifiez SEING_TSA_URL, SEING_TSA_POLICY et SEING_TRUST_ROOTS."
    ),
    signing.RevocationUnavailable: Ailment(
        "ne dit pas si un certificat est révoqué.", "Vérifiez le réseau, ou donnez la liste par SEING_CRL_FILES."
    ),
    signing.ValidationInfoIncomplete: Ailment(
        "n'a pas toute sa chaîne de certificats.", "Ajoutez les certificats qui manquent."
    ),
}


def of_keys(error: signing.SigningError) -> Ailment:
    """What is wrong with a key, a time-stamping unit or a source of revocation."""
    for kind in type(error).__mro__:
        if kind in KEYS:
            return KEYS[kind]
    return Ailment("ne donne pas de signature valable.", "Vérifiez les clés et leurs certificats.")
