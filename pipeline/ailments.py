"""What a failure of a key, a service or a setting is called in French, and how it is mended.

The words of libraries are English and may hold an address with its password: none of them is repeated. A sentence has
no subject: what it is about stands before it.
"""

import errno
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from signing import errors as signing


class Ailment(NamedTuple):
    """What is wrong; what to do, or nothing where the place says it better."""

    said: str
    remedy: str = ""


_PASSPHRASE = "Vérifiez SEING_KEY_PASSPHRASE."  # noqa: S105  # the name of a setting
_TSA = "Vérifiez SEING_TSA_URL, SEING_TSA_POLICY et SEING_TSA_ROOTS."

KEYS: Mapping[type[signing.SigningError], Ailment] = {
    signing.KeyFileMissing: Ailment(
        "est introuvable, ou illisible pour ce compte.", "Vérifiez le chemin et les droits."
    ),
    signing.KeyFileUnreadable: Ailment("n'a pas la forme attendue.", "Vérifiez l'adresse et le fichier."),
    signing.WrongPassphrase: Ailment("ne s'ouvre pas avec ce secret.", _PASSPHRASE),
    signing.CertificateExpired: Ailment("a un certificat expiré.", "Mettez la clé suivante à sa place."),
    signing.CertificateRevoked: Ailment("a un certificat révoqué.", "Mettez une autre clé à sa place."),
    signing.CertificateNotYetValid: Ailment("a un certificat pas encore valable.", "Vérifiez l'heure de la machine."),
    signing.KeyTooWeak: Ailment(
        "est trop faible, ou d'un type inconnu.", "Il faut RSA 3072 bits au moins, P-256 ou P-384."
    ),
    signing.WrongKeyUsage: Ailment(
        "a un certificat fait pour un autre usage.", "Demandez un certificat pour celui-ci."
    ),
    signing.KeyMismatch: Ailment(
        "ne contient pas le certificat de cette clé.",
        "Donnez le fichier PEM du certificat de la clé et de ses émetteurs.",
    ),
    signing.KeyFileError: Ailment("ne peut pas servir.", "Vérifiez l'adresse et les droits sur la clé."),
    signing.KeyUnavailable: Ailment(
        "le module ou le service de clés ne répond pas, ou refuse.",
        "Vérifiez qu'il fonctionne, et les droits sur la clé.",
    ),
    signing.TimestampUnavailable: Ailment(
        "le service d'horodatage ne répond pas.", "Vérifiez SEING_TSA_URL et le réseau."
    ),
    signing.TimestampRefused: Ailment("l'horodatage reçu est refusé.", _TSA),
    signing.RevocationUnavailable: Ailment(
        "la source de révocation ne répond pas.", "Vérifiez le réseau, ou donnez la liste par SEING_CRL_FILES."
    ),
    signing.ValidationInfoIncomplete: Ailment(
        "la chaîne des certificats est incomplète.", "Ajoutez les certificats qui manquent."
    ),
}

DETAILS: Mapping[str, Ailment] = {
    "not a PKCS#12 file": Ailment("n'est pas un fichier PKCS#12.", "Donnez un fichier .p12 ou .pfx."),
    "encrypted in a way that is out of date; export it with AES": Ailment(
        "est chiffré d'une façon périmée.", "Exportez-le de nouveau, avec AES."
    ),
    "no private key with its certificate": Ailment(
        "ne contient pas de clé privée avec son certificat.", "Exportez les deux ensemble."
    ),
    "the certificates of its issuers are missing": Ailment(
        "ne contient pas les certificats de ses émetteurs.", "Exportez toute la chaîne, racine comprise."
    ),
    "neither RSA nor an elliptic curve key": Ailment(
        "n'est ni RSA ni sur courbe elliptique.", "Demandez une autre clé."
    ),
    "the PEM file of its certificates is not given": Ailment(
        "demande le fichier PEM de ses certificats.", "Donnez-le par le réglage du même nom en _CERTIFICATES."
    ),
    "not a PEM file of certificates": Ailment("n'est pas un fichier PEM de certificats.", "Vérifiez le fichier."),
    "a key, then region and endpoint where needed": Ailment(
        "n'est pas une adresse de clé KMS.", "Donnez awskms:alias/CLE?region=REGION."
    ),
    "there is no such key": Ailment("désigne une clé inconnue du service.", "Vérifiez son nom et la région."),
    "module-path, token or serial, and object or id are needed": Ailment(
        "n'est pas une adresse PKCS#11 complète.", "Donnez pkcs11:token=...;object=...?module-path=/chemin/module.so."
    ),
    "a PIN has no place in an address: give pin-source, or the passphrase": Ailment(
        "contient un code PIN, qui n'y a pas sa place.", "Donnez pin-source, ou SEING_KEY_PASSPHRASE."
    ),
    "the token refuses the PIN": Ailment("refuse le code PIN.", _PASSPHRASE),
    "the token has no such private key": Ailment("désigne une clé que le module n'a pas.", "Vérifiez object et id."),
    "the token has several such private keys: give object and id": Ailment(
        "désigne plusieurs clés du module.", "Donnez object et id."
    ),
}
"""By the words of `KeyFileError`, where they say more than its class."""


def of_keys(error: signing.SigningError) -> Ailment:
    """What is wrong with a key, the time-stamping unit or a source of revocation; files are named without folder."""
    kind = next((kind for kind in type(error).__mro__ if kind in KEYS), None)
    found = KEYS[kind] if kind else Ailment("aucune signature valable n'est obtenue.", "Vérifiez les clés.")
    if not isinstance(error, signing.KeyFileError):
        return found
    said, remedy = DETAILS.get(str(error).removeprefix(f"{error.file}: "), found)
    who = "une clé en service" if error.file == "keys" else error.file.rstrip(":")
    return Ailment(f"{who} {said}", remedy)


SYSTEM: Mapping[int, str] = {
    errno.ENOENT: "introuvable",
    errno.ENOTDIR: "le chemin passe par un fichier",
    errno.EISDIR: "c'est un dossier",
    errno.EACCES: "droits insuffisants",
    errno.EPERM: "droits insuffisants",
    errno.EROFS: "disque en lecture seule",
    errno.ENOSPC: "plus de place",
    errno.EDQUOT: "plus de place",
    errno.ECONNREFUSED: "personne n'écoute à cette adresse",
    errno.EHOSTUNREACH: "machine injoignable",
    errno.ENETUNREACH: "réseau injoignable",
    errno.ECONNRESET: "connexion interrompue",
}


def of_system(error: OSError) -> str:
    """What the system refuses, in two or three words."""
    return SYSTEM.get(error.errno or 0, "erreur du système")


NAMES: Mapping[str, Ailment] = {
    "gaierror": Ailment("le nom de la machine est inconnu."),
    "TimeoutError": Ailment("ne répond pas à temps."),
    "SSLError": Ailment("le certificat TLS de la machine est refusé.", "Vérifiez le nom, la chaîne et la date."),
    "ProbableAuthenticationError": Ailment("refuse ce compte ou ce secret."),
    "AuthenticationError": Ailment("refuse ce compte ou ce secret."),
    "ProbableAccessDeniedError": Ailment("refuse l'accès à ce vhost."),
    "SMTPAuthenticationError": Ailment("refuse ce compte ou ce secret."),
    "SMTPNotSupportedError": Ailment("ne prend pas d'identification ici.", "Donnez smtps://, ou le port de dépôt."),
    "NoCredentialsError": Ailment(
        "n'a pas d'identifiants.", "Donnez AWS_ACCESS_KEY_ID et AWS_SECRET_ACCESS_KEY, un profil ou un rôle."
    ),
    "EndpointConnectionError": Ailment("ne répond pas."),
    "ConnectTimeoutError": Ailment("ne répond pas à temps."),
    "ReadTimeoutError": Ailment("ne répond pas à temps."),
    "NoRegionError": Ailment("n'a pas de région.", "Ajoutez region=... à l'adresse."),
    "SchemaUnknown": Ailment("vient d'un programme plus récent.", "Installez cette version, ou une plus récente."),
}
"""By the name of an exception's class, or of one that it derives from: their packages are not all at hand here."""

FAMILIES: Mapping[str, Ailment] = {
    "SMTPException": Ailment("refuse la conversation."),
    "AMQPError": Ailment("ne répond pas, ou coupe la connexion."),
}
"""As `NAMES`, where nothing closer is known."""

CODES: Mapping[str, Ailment] = {
    "NoSuchBucket": Ailment("n'a pas ce compartiment.", "Créez-le, avec Object Lock."),
    "ObjectLockConfigurationNotFoundError": Ailment(
        "a un compartiment sans Object Lock.", "Créez-en un avec Object Lock : il ne s'ajoute pas après coup."
    ),
    "AccessDenied": Ailment("refuse l'accès à ces identifiants."),
    "InvalidAccessKeyId": Ailment("ne connaît pas ces identifiants."),
    "SignatureDoesNotMatch": Ailment("refuse ces identifiants."),
}
"""By the code of an S3 server."""

TEXTS: Mapping[str, Ailment] = {
    "has no Object Lock": CODES["ObjectLockConfigurationNotFoundError"],
    "authentication failed": Ailment("refuse ce compte ou ce secret."),
    "no password supplied": Ailment("demande un secret."),
    "does not exist": Ailment("ne connaît pas cette base, ou ce compte."),
    "Connection refused": Ailment(f"{SYSTEM[errno.ECONNREFUSED]}."),
    "connection refused": Ailment(f"{SYSTEM[errno.ECONNREFUSED]}."),
    "could not translate host name": NAMES["gaierror"],
    "failed to resolve host": NAMES["gaierror"],
    "Name or service not known": NAMES["gaierror"],
    "timeout": NAMES["TimeoutError"],
    "unable to open database file": Ailment("le fichier ne peut pas être ouvert.", "Vérifiez le chemin et les droits."),
    "not a database": Ailment("le fichier n'est pas une base SQLite.", "Vérifiez le chemin."),
    "readonly database": Ailment("le fichier est en lecture seule.", "Vérifiez les droits."),
    "database is locked": Ailment("est tenue par un autre programme."),
}
"""By what a driver's words contain: PostgreSQL and SQLite tell a failed connection in no other way."""


def of_service(error: BaseException) -> Ailment:
    """What is wrong with a database, broker, archive, mail server or folder."""
    chain = list(_with_causes(error))
    found = (_known(each) for each in chain)
    families = (_named(each, FAMILIES) for each in chain)
    return next((each for each in (*found, *families) if each), Ailment("ne répond pas, ou refuse."))


def _known(error: BaseException) -> Ailment | None:
    code = _s3_code(error)
    if code:
        return CODES.get(code, Ailment(f"refuse ({code})."))
    named = _named(error, NAMES)
    if named is None and isinstance(error, OSError) and error.errno in SYSTEM:
        return Ailment(f"{SYSTEM[error.errno or 0]}.")
    return named or next((ailment for text, ailment in TEXTS.items() if text in str(error)), None)


def _named(error: BaseException, names: Mapping[str, Ailment]) -> Ailment | None:
    return next((names[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in names), None)


def _s3_code(error: BaseException) -> str:
    answer = getattr(error, "response", None)
    said = answer.get("Error", {}).get("Code", "") if isinstance(answer, dict) else ""
    return said if isinstance(said, str) and said.isalnum() else ""


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then what it came from and what it wraps, the nearest first; each once."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = [each.__cause__, each.__context__, getattr(each, "orig", None), getattr(each, "exception", None)]
        waiting += [found for found in (*inner, *each.args) if isinstance(found, BaseException)]
