"""Every reason for which a verdict does not pass: its ETSI status and its words, French first."""

from signing.verify.report import Finding, Indication

FAILED, INDETERMINATE = Indication.FAILED, Indication.INDETERMINATE

_TABLE: dict[str, tuple[Indication, str, str, str]] = {
    # The file
    "file.empty": (FAILED, "FORMAT_FAILURE", "Le fichier est vide.", "The file is empty."),
    "file.too_large": (
        FAILED,
        "FORMAT_FAILURE",
        "Le fichier est trop volumineux pour être vérifié.",
        "The file is too large to be verified.",
    ),
    "file.not_pdf": (FAILED, "FORMAT_FAILURE", "Ce fichier n'est pas un PDF.", "This file is not a PDF."),
    "file.truncated": (
        FAILED,
        "FORMAT_FAILURE",
        "Le PDF est tronqué, ou suivi de données qui n'en font pas partie.",
        "The PDF is cut short, or followed by data that do not belong to it.",
    ),
    "file.unreadable": (
        FAILED,
        "FORMAT_FAILURE",
        "La structure du PDF est endommagée ou non conforme.",
        "The structure of the PDF is damaged or does not conform.",
    ),
    "file.encrypted": (
        FAILED,
        "FORMAT_FAILURE",
        "Le PDF est chiffré : il ne vient pas de Seing et ne peut pas être vérifié.",
        "The PDF is encrypted: it does not come from Seing and cannot be verified.",
    ),
    "file.no_signature": (
        FAILED,
        "FORMAT_FAILURE",
        "Ce PDF ne porte aucune signature électronique.",
        "This PDF carries no electronic signature.",
    ),
    "file.unsigned_changes": (
        FAILED,
        "FORMAT_FAILURE",
        "Des données ont été ajoutées au fichier hors de toute signature.",
        "Data outside every signature were added to the file.",
    ),
    "file.second_certification": (
        FAILED,
        "FORMAT_FAILURE",
        "La certification n'est pas la première signature du fichier, ou n'y est pas seule.",
        "The certification is not the first signature of the file, or not the only one.",
    ),
    "file.not_certified": (
        INDETERMINATE,
        "SIG_CONSTRAINTS_FAILURE",
        "Ce document n'est certifié par le cachet d'aucun vendeur : ce n'est pas un bon de commande scellé par Seing.",
        "No seller's seal certifies this document: it is not an order form sealed by Seing.",
    ),
    "file.portfolio": (
        FAILED,
        "FORMAT_FAILURE",
        "Ce PDF est un porte-documents : un lecteur y montre d'autres fichiers que les pages signées.",
        "This PDF is a portfolio: a reader shows other files in it than the pages that were signed.",
    ),
    "file.field_empty": (
        INDETERMINATE,
        "SIG_CONSTRAINTS_FAILURE",
        "Un champ de signature prévu est resté vide : le document n'est pas entièrement signé.",
        "A signature field was left empty: the document is not fully signed.",
    ),
    "file.validation_data": (
        FAILED,
        "FORMAT_FAILURE",
        "Les données de validation jointes au fichier sont illisibles.",
        "The validation data in the file cannot be read.",
    ),
    # One signature
    "signature.unreadable": (
        FAILED,
        "FORMAT_FAILURE",
        "Une signature est mal formée.",
        "A signature is malformed.",
    ),
    "signature.byte_range": (
        FAILED,
        "FORMAT_FAILURE",
        "Une signature ne couvre pas tout le document qu'elle prétend signer.",
        "A signature does not cover all of the document that it claims to sign.",
    ),
    "signature.hash": (
        FAILED,
        "HASH_FAILURE",
        "Le document a été modifié après la signature.",
        "The document was modified after it was signed.",
    ),
    "signature.crypto": (
        FAILED,
        "SIG_CRYPTO_FAILURE",
        "La valeur de la signature est fausse.",
        "The signature value is wrong.",
    ),
    "signature.changed": (
        FAILED,
        "FORMAT_FAILURE",
        "Le document a reçu, après la signature, une modification qu'elle ne permet pas.",
        "After signing, the document received a change that the signature does not permit.",
    ),
    "signature.algorithm": (
        INDETERMINATE,
        "CRYPTO_CONSTRAINTS_FAILURE",
        "La signature emploie un algorithme qui n'est plus sûr.",
        "The signature uses an algorithm that is no longer safe.",
    ),
    "signature.certificate": (
        INDETERMINATE,
        "NO_SIGNING_CERTIFICATE_FOUND",
        "Le certificat du signataire ne correspond pas à la signature.",
        "The signer's certificate does not belong to the signature.",
    ),
    # Time-stamps
    "time_stamp.unreadable": (
        FAILED,
        "FORMAT_FAILURE",
        "Un horodatage est mal formé.",
        "A time-stamp is malformed.",
    ),
    "time_stamp.other": (
        FAILED,
        "HASH_FAILURE",
        "Un horodatage porte sur autre chose que ce qu'il accompagne.",
        "A time-stamp covers something else than what it stands with.",
    ),
    "time_stamp.crypto": (
        FAILED,
        "SIG_CRYPTO_FAILURE",
        "La signature d'un horodatage est fausse.",
        "The signature of a time-stamp is wrong.",
    ),
    "time_stamp.algorithm": (
        INDETERMINATE,
        "CRYPTO_CONSTRAINTS_FAILURE",
        "Un horodatage emploie un algorithme qui n'est plus sûr.",
        "A time-stamp uses an algorithm that is no longer safe.",
    ),
    "time_stamp.order": (
        INDETERMINATE,
        "TIMESTAMP_ORDER_FAILURE",
        "Les horodatages se contredisent, ou sont datés de l'avenir.",
        "The time-stamps contradict one another, or lie in the future.",
    ),
    # The evidence file
    "evidence.unreadable": (
        FAILED,
        "FORMAT_FAILURE",
        "Le dossier de preuve est illisible ou altéré.",
        "The evidence file cannot be read or was altered.",
    ),
    "evidence.seal": (
        FAILED,
        "SIG_CONSTRAINTS_FAILURE",
        "Le cachet du dossier de preuve n'est pas valable.",
        "The seal of the evidence file is not valid.",
    ),
    "evidence.unsealed": (
        INDETERMINATE,
        "SIG_CONSTRAINTS_FAILURE",
        "Le dossier de preuve a été donné sans son cachet : il concorde ; joignez le PDF scellé qui le porte.",
        "The evidence was given without its seal: it agrees; give the sealed PDF that carries it.",
    ),
    "evidence.chain": (
        FAILED,
        "HASH_FAILURE",
        "Le dossier de preuve a été altéré : son journal a changé, ou un fait n'est pas celui qui a été signé.",
        "The evidence file was altered: its journal has changed, or a fact is not the one that was signed.",
    ),
    "evidence.document": (
        FAILED,
        "HASH_FAILURE",
        "Le dossier de preuve décrit un autre document que celui-ci.",
        "The evidence file describes another document than this one.",
    ),
    "evidence.signer": (
        FAILED,
        "SIG_CONSTRAINTS_FAILURE",
        "Les certificats du document ne sont pas ceux du dossier de preuve.",
        "The certificates in the document are not those of the evidence file.",
    ),
    "evidence.time": (
        FAILED,
        "SIG_CONSTRAINTS_FAILURE",
        "Les dates du dossier de preuve ne concordent pas avec celles du document, ou entre elles.",
        "The times in the evidence file do not agree with those of the document, or among themselves.",
    ),
    "evidence.consent": (
        FAILED,
        "SIG_CONSTRAINTS_FAILURE",
        "Le dossier de preuve ne montre pas que le client a consenti à la commande.",
        "The evidence file does not show that the customer consented to the order.",
    ),
    "evidence.level": (
        FAILED,
        "SIG_CONSTRAINTS_FAILURE",
        "Des données de validation ou d'horodatage présentes à la signature ont été retirées du document.",
        "Validation or time-stamp data that were there at signing were removed from the document.",
    ),
    "evidence.no_time_stamp": (
        INDETERMINATE,
        "NO_POE",
        "Le journal du dossier de preuve n'est pas horodaté.",
        "The journal of the evidence file carries no time-stamp.",
    ),
}

_CHAIN: dict[str, tuple[str, str]] = {
    "NO_CERTIFICATE_CHAIN_FOUND": (
        "Le certificat « {who} » n'est rattaché à aucune autorité de confiance.",
        "The certificate “{who}” leads to no trusted authority.",
    ),
    "REVOKED": (
        "Le certificat « {who} » était révoqué au moment de signer.",
        "The certificate “{who}” was revoked when it signed.",
    ),
    "REVOKED_NO_POE": (
        "Le certificat « {who} » est révoqué, et rien ne prouve qu'il a signé avant.",
        "The certificate “{who}” is revoked, and nothing proves that it signed before.",
    ),
    "REVOKED_CA_NO_POE": (
        "L'autorité qui a délivré le certificat « {who} » est révoquée.",
        "The authority that issued the certificate “{who}” is revoked.",
    ),
    "OUT_OF_BOUNDS_NO_POE": (
        "Rien ne prouve que le certificat « {who} » était valable au moment de signer.",
        "Nothing proves that the certificate “{who}” was valid when it signed.",
    ),
    "EXPIRED": (
        "Le certificat « {who} », ou celui de son autorité, avait expiré.",
        "The certificate “{who}”, or that of its authority, had expired.",
    ),
    "NOT_YET_VALID": (
        "Le certificat « {who} », ou celui de son autorité, n'était pas encore valable.",
        "The certificate “{who}”, or that of its authority, was not valid yet.",
    ),
    "CRYPTO_CONSTRAINTS_FAILURE": (
        "Le certificat « {who} » emploie un algorithme qui n'est plus sûr.",
        "The certificate “{who}” uses an algorithm that is no longer safe.",
    ),
    "CHAIN_CONSTRAINTS_FAILURE": (
        "Le certificat « {who} » n'est pas fait pour cet usage.",
        "The certificate “{who}” does not allow this use.",
    ),
}
_CHAIN_OTHER = (
    "Le certificat « {who} » n'a pas pu être vérifié.",
    "The certificate “{who}” could not be verified.",
)


def finding(code: str) -> Finding:
    """The finding of this code."""
    indication, sub_indication, fr, en = _TABLE[code]
    return Finding(code, indication, sub_indication, fr, en)


def chain_finding(sub_indication: str, *, failed: bool, who: str) -> Finding:
    """What is wrong with the chain of certificates of `who`, by its ETSI sub-indication."""
    fr, en = _CHAIN.get(sub_indication, _CHAIN_OTHER)
    return Finding(
        f"certificate.{sub_indication.lower()}",
        FAILED if failed else INDETERMINATE,
        sub_indication,
        fr.format(who=who or "sans nom"),
        en.format(who=who or "nameless"),
    )
