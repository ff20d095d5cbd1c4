"""What every archive must do; each kind of archive runs these through a fixture named `archive`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest

from storage.archive import Archive
from storage.errors import ArchiveMissing, ArchiveRetained

PDF = "application/pdf"
LAST_DAY = date(2099, 12, 31)


def test_what_is_put_comes_back(archive: Archive):
    """The key is the SHA-256, the content the same bytes, in both areas, empty files included."""
    for data in (b"", b"%PDF-1.7 \xe9", bytes(range(256)) * 4096):
        for area, until in (("signed", LAST_DAY), ("drafts", None)):
            key = archive.put(data, area=area, retain_until=until, media_type=PDF)

            assert sha256(data).hexdigest() == key
            assert data == archive.get(key, area)


def test_putting_twice_changes_nothing(archive: Archive):
    """The same content again gives the same key, whoever puts it and how many at once."""
    with ThreadPoolExecutor(4) as pool:
        keys = set(
            pool.map(
                lambda _: archive.put(b"form", area="signed", retain_until=LAST_DAY, media_type=PDF),
                range(8),
            )
        )

    assert {sha256(b"form").hexdigest()} == keys
    assert b"form" == archive.get(keys.pop(), "signed")


def test_areas_are_apart(archive: Archive):
    """A draft is not found among the signed files."""
    key = archive.put(b"draft", area="drafts", retain_until=None, media_type=PDF)

    with pytest.raises(ArchiveMissing):
        archive.get(key, "signed")
    with pytest.raises(ArchiveMissing):
        archive.retention(key, "signed")


@pytest.mark.parametrize("key", ["0" * 64, "..", "../../etc/passwd", "", "A" * 64, "0" * 64 + "\n"])
def test_unknown_keys_are_missing(archive: Archive, key: str):
    """What was never stored, or is no key at all, is missing; no path gets through."""
    for area in ("drafts", "signed"):
        with pytest.raises(ArchiveMissing):
            archive.get(key, area)


def test_signed_files_need_a_date(archive: Archive):
    """Nothing signed is stored without the day until which it is kept."""
    with pytest.raises(ValueError, match="date"):
        archive.put(b"signed", area="signed", retain_until=None, media_type=PDF)


def test_retention_grows_and_never_shrinks(archive: Archive):
    """The later of all days asked for holds."""
    for asked, held in (
        (date(2098, 1, 1), date(2098, 1, 1)),
        (date(2099, 1, 1), date(2099, 1, 1)),
        (date(2097, 1, 1), date(2099, 1, 1)),
    ):
        key = archive.put(b"mandate", area="signed", retain_until=asked, media_type=PDF)

        assert held == archive.retention(key, "signed")


def test_signed_files_are_not_deleted_early(archive: Archive):
    """Deletion is refused up to and on the last day."""
    key = archive.put(b"kept", area="signed", retain_until=LAST_DAY, media_type=PDF)

    with pytest.raises(ArchiveRetained) as refusal:
        archive.delete(key, "signed", today=LAST_DAY)

    assert LAST_DAY == refusal.value.until
    assert b"kept" == archive.get(key, "signed")


def test_drafts_are_deleted_by_name(archive: Archive):
    """A deleted draft is gone, and may be stored anew."""
    key = archive.put(b"draft", area="drafts", retain_until=LAST_DAY, media_type=PDF)
    archive.delete(key, "drafts", today=date(2026, 1, 1))

    with pytest.raises(ArchiveMissing):
        archive.get(key, "drafts")
    with pytest.raises(ArchiveMissing):
        archive.delete(key, "drafts", today=date(2026, 1, 1))
    assert key == archive.put(b"draft", area="drafts", retain_until=None, media_type=PDF)
    assert b"draft" == archive.get(key, "drafts")


def test_drafts_expire_after_their_last_day(archive: Archive):
    """Expiry takes what is past its day, leaves the day itself, later ones and those without a day."""
    old = archive.put(b"old", area="drafts", retain_until=date(2026, 5, 31), media_type=PDF)
    kept = [
        archive.put(b"today", area="drafts", retain_until=date(2026, 6, 1), media_type=PDF),
        archive.put(b"later", area="drafts", retain_until=date(2026, 6, 2), media_type=PDF),
        archive.put(b"undated", area="drafts", retain_until=None, media_type=PDF),
    ]
    signed = archive.put(b"signed", area="signed", retain_until=LAST_DAY, media_type=PDF)

    assert 1 == archive.expire("drafts", date(2026, 6, 1))
    assert 0 == archive.expire("drafts", date(2026, 6, 1))

    with pytest.raises(ArchiveMissing):
        archive.get(old, "drafts")
    assert [b"today", b"later", b"undated"] == [archive.get(key, "drafts") for key in kept]
    assert b"signed" == archive.get(signed, "signed")
    with pytest.raises(ValueError, match="drafts"):
        archive.expire("signed", date(2200, 1, 1))


def test_a_draft_put_again_lives_longer(archive: Archive):
    """The later day holds for a draft, too; without one it stays."""
    key = archive.put(b"draft", area="drafts", retain_until=date(2026, 6, 1), media_type=PDF)
    archive.put(b"draft", area="drafts", retain_until=date(2026, 7, 1), media_type=PDF)
    assert date(2026, 7, 1) == archive.retention(key, "drafts")

    archive.put(b"draft", area="drafts", retain_until=None, media_type=PDF)
    assert archive.retention(key, "drafts") is None
    assert b"draft" == archive.get(key, "drafts")


def test_what_is_held_is_listed(archive: Archive):
    """Each content of the area once, with size and instant; what is too young is left out."""
    keys = {
        archive.put(data, area="signed", retain_until=LAST_DAY, media_type=PDF): data for data in (b"one", b"other")
    }
    archive.put(b"one", area="signed", retain_until=LAST_DAY, media_type=PDF)
    archive.put(b"draft", area="drafts", retain_until=None, media_type=PDF)

    found = list(archive.held("signed", settled=timedelta(0) - timedelta(seconds=5)))
    assert {each.sha256: each.size for each in found} == {key: len(data) for key, data in keys.items()}
    assert len(found) == 2
    assert all(abs(datetime.now(UTC) - each.stored_at) < timedelta(minutes=5) for each in found)
    assert [] == list(archive.held("signed", settled=timedelta(hours=1)))
    assert 1 == len(list(archive.held("drafts", settled=timedelta(seconds=-5))))


def test_the_probe_leaves_nothing(archive: Archive):
    """A check passes on a working archive and cleans up."""
    archive.check()

    assert 0 == archive.expire("drafts", date(2200, 1, 1))
