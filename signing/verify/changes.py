"""What happened to a file after a signature, judged revision by revision, stricter than DocMDP asks."""

from typing import Any

from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    SuspiciousModification,
    XrefStreamRule,
)
from pyhanko.sign.fields import MDPPerm

_PLAIN_FIELD = frozenset({"/FT", "/T", "/V", "/Type", "/Subtype", "/Rect", "/F", "/P"})
"""What a field added for a time-stamp may hold: no action, script, note, border or colour."""

_FILLED_IN = frozenset({"/V", "/AP", "/F", "/Type"})
"""What a signature may change in its own field."""


class PlainFieldRule(SigFieldCreationRule):  # type: ignore[misc]  # pyHanko is followed as untyped
    """New signature fields, which pyHanko takes whatever they hold; not if a reader would act on it or show it."""

    def apply(self, context: Any) -> Any:
        """As pyHanko's.

        Raises:
            SuspiciousModification: a new field is more than a place for a signature.
        """
        for spec in context.field_specs.values():
            if spec.old_field_ref is None and not set(spec.new_field) <= _PLAIN_FIELD:
                raise SuspiciousModification("a new field is more than a place for a signature")
        return super().apply(context)


POLICY = StandardDiffPolicy(
    global_rules=[
        CatalogModificationRule(ignored_keys={"/AcroForm", "/DSS", "/Extensions"}),
        XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
        DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES),
        DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
    ],
    form_rule=FormUpdatingRule(
        field_rules=[
            PlainFieldRule(),
            SigFieldModificationRule(always_modifiable=frozenset(), value_update_keys=_FILLED_IN),
        ],
        ignored_acroform_keys={"/Fields"},
    ),
    ignore_orphaned_objects=False,
    ignore_identical_objects=False,
)
"""pyHanko's policy without metadata and fields other than signatures: our forms have nothing to fill in, so that the
only things ever added to one are a signature, validation data and document time-stamps. Objects that nothing uses, or
that are written again as they were, are changes too. Of the document information `changes_after` takes two entries
only."""

_WRITERS_OWN = frozenset({"/ModDate", "/Producer"})
"""What the program that appends to a file writes into its document information; neither is shown with the page."""

NAMES = {
    ModificationLevel.NONE: "none",
    ModificationLevel.LTA_UPDATES: "maintenance",
    ModificationLevel.FORM_FILLING: "signatures",
}


def kind_of(signature: Any, certification: Any) -> str:
    """`certification`, `approval` or `document_time_stamp`; `certification` is what the catalog's Perms name."""
    if str(signature.sig_object_type) == "/DocTimeStamp":
        return "document_time_stamp"
    reference = getattr(signature.sig_field.raw_get("/V"), "reference", None)
    return "certification" if certification is not None and reference == certification else "approval"


def changes_after(signature: Any) -> str:
    """What was added after this signature, as in `SignatureReport.changes_after`; its integrity is computed."""
    result = signature.diff_result
    if not isinstance(result, DiffResult) or not _same_information(signature):
        return "forbidden"
    return NAMES.get(result.modification_level, "forbidden")


def _same_information(signature: Any) -> bool:
    """Whether title, author and the like stayed as signed, in every later revision."""
    reader = signature.reader
    revisions = range(int(signature.signed_revision), int(reader.xrefs.total_revisions))
    said = [_information(reader.get_historical_resolver(revision)) for revision in revisions]
    return all(other == said[0] for other in said)


def _information(handler: Any) -> dict[str, str]:
    """The document information of one revision, without what writers change."""
    if "/Info" not in handler.trailer_view:
        return {}
    entry = handler.trailer_view.raw_get("/Info")
    # Resolved in that revision: the trailer's own look-up would give today's.
    information = handler.get_object(entry.reference) if hasattr(entry, "reference") else entry
    return {str(key): repr(information[key]) for key in information if key not in _WRITERS_OWN}


def permitted(kind: str, signature: Any, after: str) -> bool:
    """Whether `after` may follow a signature of this kind.

    After the customer's signature (any approval) come validation data and document time-stamps, nothing else, locked
    or not. A certification is followed by signatures if it says so (DocMDP, ISO 32000-2, 12.8.2.2), and a document
    time-stamp by whatever the signatures before it permit.
    """
    if after in {"none", "maintenance"}:
        return True
    if after != "signatures" or kind == "approval":
        return False
    return kind == "document_time_stamp" or signature.docmdp_level in {None, MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE}


def locks(signature: Any) -> bool:
    """Whether the signature itself forbids all further changes, in words that other verifiers understand."""
    return bool(signature.docmdp_level == MDPPerm.NO_CHANGES)
