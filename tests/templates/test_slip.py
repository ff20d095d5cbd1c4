from dataclasses import replace

import pytest

from templates.barcodes import CODE128_HEIGHT_MM, CODE128_MODULE_MM, DATAMATRIX_MODULE_MM
from templates.documents import batch_slip, slip
from templates.documents.sheet import CODE128_HEIGHT, CODE128_MODULE, DATAMATRIX_MODULE, MILLIMETRE
from tests.templates.reading import codes, faults, pages, words


def test_a_scanner_reads_every_code_of_every_envelope():
    """Each page gives order, account and key to a scanner at 200 dots per inch, and they agree."""
    read = codes(slip.render(slip.SAMPLE))

    assert read == [
        {
            ("Code128", "2026-LYO-000042"),
            ("Code128", "05123874"),
            ("DataMatrix", f"1|2026-LYO-000042|05123874|BORDEREAU|{page}|2|9F2C41D7"),
        }
        for page in (1, 2)
    ]


def test_leading_zeros_of_accounts_are_kept():
    """An account number is text: 00000001 is scanned as 00000001."""
    (page, *_) = codes(slip.render(replace(slip.SAMPLE, epj="00000001")))

    assert ("Code128", "00000001") in page


def test_codes_are_as_large_as_their_norms_ask():
    """Bars and modules are no smaller than what scanners of paper need (ISO/IEC 15417, ISO/IEC 16022)."""
    assert CODE128_MODULE / MILLIMETRE >= CODE128_MODULE_MM
    assert CODE128_HEIGHT / MILLIMETRE >= CODE128_HEIGHT_MM
    assert DATAMATRIX_MODULE / MILLIMETRE >= DATAMATRIX_MODULE_MM >= 0.5


def test_one_page_per_envelope_with_its_papers():
    """Each envelope has its own sheet, which lists its papers and their pages."""
    pdf = slip.render(slip.SAMPLE)
    said = words(pdf)

    assert pages(pdf) == 2
    for fact in (
        "Bordereau de numérisation",
        "Odi A",
        "ODI-C",
        "FICHE-SUIVI",
        "Total à numériser",
        "1 sur 2",
        "2 sur 2",
    ):
        assert fact in said
    assert "Réservé au prestataire" in said


def test_batch_slip_lists_every_order_and_is_scanned():
    """The parcel's sheet names each order with its slip, over as many pages as it takes, and its number is scanned."""
    pdf = batch_slip.render(batch_slip.SAMPLE)
    said = words(pdf)

    assert all(each.order_number in said and each.slip_number in said for each in batch_slip.SAMPLE.orders)
    assert codes(pdf)[0] == {
        ("Code128", "PAP-2026-LYO-000003"),
        ("DataMatrix", "1|PAP-2026-LYO-000003|LYO|LOT|1|1|3B1E77C0"),
    }


@pytest.mark.parametrize(("module", "data"), [(slip, slip.SAMPLE), (batch_slip, batch_slip.SAMPLE)])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_slips_are_sound(module, data, language, tmp_path):
    """The tags hold, the file is sound, and the same data give the same bytes, in both languages."""
    data = replace(data, look=replace(data.look, language=language))
    pdf = module.render(data)

    assert faults(pdf, tmp_path) == []
    assert module.render(data) == pdf
