"""A slow archive makes nobody else wait: no call to it is made while a transaction may hold a lock."""

import sqlite3
from datetime import date

import pytest
from lxml import etree

from pipeline.steps.bank import take_answer
from pipeline.steps.collect import collect, collection_file
from pipeline.steps.keep_house import keep_house, nightly
from pipeline.steps.read_back import check_archive
from pipeline.steps.release import release
from pipeline.steps.renounce import renounce
from storage.models import Collection
from tests.factories import sample
from tests.house import CUSTOMER, REP, drain, kinds, order_from, sign
from tests.journeys.bank import pain002

CALLS = ("put", "get", "retention", "expire")


@pytest.fixture
def watched(services, monkeypatch):
    """Services whose archive writes into the database at each call, as another process would, without patience."""
    path = services.works.engine.url.database
    seen = []

    def watch(name):
        call = getattr(services.archive, name)

        def watched_call(*args, **more):
            other = sqlite3.connect(path, timeout=0.05, isolation_level=None)
            try:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
            finally:
                other.close()
            seen.append(name)
            return call(*args, **more)

        monkeypatch.setattr(services.archive, name, watched_call)

    for name in CALLS:
        watch(name)
    return services, seen


def test_writers_never_wait_for_the_archive(watched):
    """From the signature to collection, the bank's answer and the night: others may write during every call."""
    services, seen = watched
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    sign(services, order_id)
    drain(services)
    release(services, order_id, REP)
    drain(services)
    result = collect(services, date(2027, 3, 31), REP)
    with services.works(read_only=True) as work:
        row = work.first(Collection, message_id=result.message_id)
    assert collection_file(services, row.id) == result.xml
    group = etree.fromstring(result.xml).findtext(".//{*}PmtInf/{*}PmtInfId")
    answer = take_answer(services, pain002(original=result.message_id, groups=[(group, "FF01")]), REP)
    assert answer.applied == 1
    services.clock.move(days=1)
    keep_house(services)
    nightly(services)
    drain(services)
    check_archive(services, services.today().isoformat())
    assert set(seen) == set(CALLS)
    assert kinds(services, order_id).count("instalment.rejected") == 1


def test_nor_for_the_archive_of_an_order_that_is_renounced(watched):
    """The credit note and the end of the mandate: the same."""
    services, _ = watched
    order_id = order_from(services, sample("epice-et-cie"), mobile="+596696123456", employees=2, place="Fort-de-France")
    sign(services, order_id)
    drain(services)
    renounce(services, order_id, "Jean Zébulon", "", CUSTOMER)
    drain(services)
    assert "order.cancelled" in kinds(services, order_id)
