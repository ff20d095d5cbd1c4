"""The amendment of a mandate as its holder reads it."""

from pipeline.documents.forms import customer_party, mandate_data, seller_party, signatory_of
from pipeline.frozen import Frozen, FrozenAmendment
from pipeline.letters import brand
from templates.documents.mandate_amendment import AmendmentData, OpenDebit


def amendment_data(frozen: Frozen, amends: FrozenAmendment) -> AmendmentData:
    """Everything that the amendment prints, from the frozen copy alone."""
    mandate = mandate_data(frozen)
    assert mandate is not None  # noqa: S101  # an amendment is nothing but a mandate
    return AmendmentData(
        number=frozen.number,
        prepared_on=frozen.ordered_on,
        language=frozen.language,
        specimen=frozen.specimen,
        brand=brand(frozen.seller),
        seller=seller_party(frozen.seller),
        customer=customer_party(frozen.proposal.account),
        agency_name=frozen.agency_name,
        rep_name=frozen.rep.name,
        rep_phone=frozen.rep.phone or None,
        epj=frozen.proposal.account.epj,
        signatory=signatory_of(frozen),
        mandate=mandate,
        old_umr=amends.umr,
        old_account=amends.iban_masked,
        old_signed_on=amends.signed_on,
        debits=tuple(OpenDebit(item.order, item.due_on, item.amount) for item in amends.debits),
        verify_url=frozen.verify_url,
        place=frozen.customer.place,
    )
