import hashlib
import subprocess
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from asn1crypto import algos, cms, core, tsp
from cryptography.hazmat.primitives.asymmetric import rsa

from signing import der, errors
from signing.cms import CmsSigner
from signing.identity import Identity
from signing.timestamp import HttpTimestamper, LocalTimestamper

NOW = datetime(2026, 11, 23, 17, 4, 5, tzinfo=UTC)
POLICY = "1.3.6.1.4.1.99999.1"
DIGEST = hashlib.sha256(b"document").digest()
URL = "https://tsa.example.fr/tsr"


def ask(**changes) -> bytes:
    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": DIGEST}
    facts = {"version": 1, "message_imprint": tsp.MessageImprint(imprint), "cert_req": True, "nonce": 77}
    return tsp.TimeStampReq(facts | changes).dump()


def imprint(algorithm, digest):
    return tsp.MessageImprint(
        {"hash_algorithm": algos.DigestAlgorithm({"algorithm": algorithm}), "hashed_message": digest}
    )


@pytest.fixture
def unit(keys):
    return LocalTimestamper(keys.unit, policy_oid=POLICY, clock=lambda: NOW)


# -- the unit


@pytest.mark.programs
def test_openssl_verifies_a_reply(keys, unit, tmp_path):
    """A tool that we did not write asks, and accepts the answer for its document and for no other."""
    (tmp_path / "document").write_bytes(b"document")
    (tmp_path / "other").write_bytes(b"other")
    run = ["openssl", "ts", "-query", "-data", "document", "-sha256", "-cert", "-tspolicy", POLICY, "-out", "query"]
    subprocess.run(run, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "reply").write_bytes(unit.reply((tmp_path / "query").read_bytes()))
    verify = ["openssl", "ts", "-verify", "-in", "reply", "-CAfile", keys.folder / "root.pem"]
    verify += ["-attime", str(int(NOW.timestamp()))]
    for against, code in ((["-queryfile", "query"], 0), (["-data", "document"], 0), (["-data", "other"], 1)):
        result = subprocess.run([*verify, *against], cwd=tmp_path, capture_output=True, check=False)
        assert code == result.returncode, result.stderr


def test_a_token_says_what_rfc_3161_asks(keys, unit):
    """Policy, imprint, time, accuracy, nonce and the unit's name; version 3, one signer, its certificate inside."""
    reply = tsp.TimeStampResp.load(unit.reply(ask()))
    signed = reply["time_stamp_token"]["content"]
    info = signed["encap_content_info"]["content"].parsed.native
    attributes = [a["type"].native for a in signed["signer_infos"][0]["signed_attrs"]]
    assert ("granted", "v3") == (reply["status"]["status"].native, signed["version"].native)
    assert (POLICY, NOW, 77) == (info["policy"], info["gen_time"], info["nonce"])
    assert DIGEST == info["message_imprint"]["hashed_message"]
    assert 1 == info["accuracy"]["seconds"]
    assert not info["ordering"]
    assert keys.unit.certificate.subject.public_bytes() == (
        signed["encap_content_info"]["content"].parsed["tsa"].chosen.untag().dump()
    )
    assert {"content_type", "message_digest", "signing_certificate_v2"} == set(attributes)
    assert 2 == len(signed["certificates"])


def test_serial_numbers_do_not_repeat(unit):
    """Each token has its own number, of at most 160 bits."""
    tokens = [cms.ContentInfo.load(unit.timestamp(DIGEST)) for _ in range(20)]
    serials = {t["content"]["encap_content_info"]["content"].parsed["serial_number"].native for t in tokens}
    assert 20 == len(serials)
    assert all(0 < serial < 2**160 for serial in serials)


@pytest.mark.parametrize(
    ("instant", "encoded"),
    [
        (NOW, b"20261123170405Z"),
        (NOW.replace(microsecond=120_000), b"20261123170405.12Z"),
        (NOW.replace(microsecond=999), b"20261123170405Z"),
        (NOW.astimezone(datetime.now().astimezone().tzinfo), b"20261123170405Z"),
    ],
)
def test_time_is_written_as_der_wants(keys, instant, encoded):
    """UTC, milliseconds, no zeros at the end."""
    token = LocalTimestamper(keys.unit, clock=lambda: instant).timestamp(DIGEST)
    assert b"\x18" + bytes((len(encoded),)) + encoded in token


@pytest.mark.parametrize(
    ("request_", "failure"),
    [
        (b"", "bad_data_format"),
        (b"not ASN.1 at all", "bad_data_format"),
        (ask() + b"\0", "bad_data_format"),
        (ask(message_imprint=imprint("sha1", b"\0" * 20)), "bad_alg"),
        (ask(message_imprint=imprint("sha256", b"\0" * 31)), "bad_data_format"),
        (ask(req_policy="1.2.3"), "unaccepted_policy"),
        (
            ask(extensions=[{"extn_id": "1.2.3.4", "critical": True, "extn_value": core.OctetString(b"\5\0")}]),
            "unaccepted_extensions",
        ),
    ],
)
def test_a_request_that_cannot_be_served_is_answered(unit, request_, failure):
    """The reply says why, holds no token, and nothing is raised."""
    parts = core.SequenceOf.load(unit.reply(request_), strict=True, spec=core.Any)
    status = tsp.PKIStatusInfo.load(parts[0].dump(), strict=True)
    assert 1 == len(parts)
    assert "rejection" == status["status"].native
    assert {failure} == status["fail_info"].native


def test_a_request_may_want_no_nonce_and_no_certificate(unit):
    """Both are the asker's choice (RFC 3161, 2.4.1); longer digests are stamped too."""
    bare = {"version": 1, "message_imprint": imprint("sha512", b"\1" * 64)}
    signed = tsp.TimeStampResp.load(unit.reply(tsp.TimeStampReq(bare).dump()))["time_stamp_token"]["content"]
    info = signed["encap_content_info"]["content"].parsed.native
    assert info["nonce"] is None
    assert b"\1" * 64 == info["message_imprint"]["hashed_message"]
    assert signed["certificates"].native is None


def test_a_token_fits_the_room_announced(unit):
    """What a PDF keeps free is enough, and not wasteful."""
    size = len(unit.timestamp(DIGEST))
    assert size <= unit.token_size < size + 1024


# -- somebody else's


def reach(keys, handler, **options) -> HttpTimestamper:
    options = {"trust": [keys.root], "clock": lambda: NOW} | options
    return HttpTimestamper(URL, transport=httpx.MockTransport(handler), **options)


def test_a_token_comes_over_http(keys, unit):
    """The request is a time-stamp query with nonce; the token is taken as it came."""
    seen = []

    def serve(request):
        seen.append(request)
        return httpx.Response(200, content=unit.reply(request.content))

    token = reach(keys, serve, policy_oid=POLICY, auth=("seing", "secret")).timestamp(DIGEST)
    query = tsp.TimeStampReq.load(seen[0].content)
    assert DIGEST in token
    assert "application/timestamp-query" == seen[0].headers["content-type"]
    assert seen[0].headers["authorization"].startswith("Basic ")
    assert (POLICY, True) == (query["req_policy"].native, query["cert_req"].native)
    assert query["nonce"].native >= 2**63


def change(**facts):
    """A unit that answers something else than was asked."""

    def wrap(unit, request):
        wanted = tsp.TimeStampReq.load(request.content)
        for name, value in facts.items():
            wanted[name] = value
        return unit.reply(wanted.dump(force=True))

    return wrap


@pytest.mark.parametrize(
    ("serve", "options", "why"),
    [
        (change(nonce=5), {}, "nonce"),
        (change(message_imprint=imprint("sha256", b"\0" * 32)), {}, "another document"),
        (change(message_imprint=imprint("sha512", b"\0" * 64)), {}, "another document"),
        (change(req_policy=None), {"policy_oid": "1.2.3"}, "policy"),
        (change(), {"clock": lambda: NOW + timedelta(minutes=6)}, "time"),
        (change(), {"clock": lambda: NOW - timedelta(minutes=6)}, "time"),
        (change(), {"trust": []}, "no authority"),
        (change(cert_req=False), {}, "signature"),
        (change(), {"token_size": 100}, "bytes"),
        (lambda *_: b"<html>", {}, "not a time-stamp response"),
        (lambda *_: b"", {}, "not a time-stamp response"),
        (lambda *_: b"\0" * 70_000, {}, "too long"),
    ],
)
def test_an_answer_that_proves_nothing_is_refused(keys, unit, serve, options, why):
    """Every check of RFC 3161, 2.4.2, is made; the message says which failed."""
    stamper = reach(keys, lambda request: httpx.Response(200, content=serve(unit, request)), **options)
    with pytest.raises(errors.TimestampRefused, match=why):
        stamper.timestamp(DIGEST)


def test_one_changed_byte_is_refused(keys, unit):
    """Wherever it lies in the token."""

    def serve(position):
        def answer(request):
            reply = bytearray(unit.reply(request.content))
            reply[position * len(reply) // 40] ^= 1
            return httpx.Response(200, content=bytes(reply))

        return answer

    for position in range(1, 40):
        with pytest.raises(errors.TimestampError):
            reach(keys, serve(position)).timestamp(DIGEST)


def test_a_seal_is_no_time_stamping_unit(keys):
    """A certificate without the critical usage time-stamping is refused, whoever issued it."""
    impostor = LocalTimestamper(keys.seal, clock=lambda: NOW)
    stamper = reach(keys, lambda request: httpx.Response(200, content=impostor.reply(request.content)))
    with pytest.raises(errors.TimestampRefused, match="not one of a time-stamping unit"):
        stamper.timestamp(DIGEST)


def test_somebody_elses_key_is_refused(keys):
    """A token that carries the unit's certificate but another key's signature."""
    key = rsa.generate_private_key(65537, 3072)
    forger = Identity(keys.unit.certificate, keys.unit.chain, key)
    assert isinstance(forger.cms, CmsSigner)
    stamper = reach(
        keys,
        lambda request: httpx.Response(200, content=LocalTimestamper(forger, clock=lambda: NOW).reply(request.content)),
    )
    with pytest.raises(errors.TimestampRefused, match="signature"):
        stamper.timestamp(DIGEST)


def refuse(bit: str) -> bytes:
    return der.sequence(tsp.PKIStatusInfo({"status": "rejection", "fail_info": {bit}}).dump())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(500), errors.TimestampUnavailable),
        (httpx.Response(503, content=b"soon"), errors.TimestampUnavailable),
        (httpx.Response(429), errors.TimestampUnavailable),
        (httpx.Response(401), errors.TimestampRefused),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), errors.TimestampRefused),
        (httpx.Response(200, content=refuse("time_not_available")), errors.TimestampUnavailable),
        (httpx.Response(200, content=refuse("system_failure")), errors.TimestampUnavailable),
        (httpx.Response(200, content=refuse("bad_alg")), errors.TimestampRefused),
        (httpx.ConnectTimeout("secret address"), errors.TimestampUnavailable),
        (httpx.ReadTimeout("secret address"), errors.TimestampUnavailable),
        (httpx.ConnectError("secret address"), errors.TimestampUnavailable),
    ],
)
def test_later_is_told_apart_from_never(keys, answer, error):
    """A job is worth repeating when the server is down, not when it refuses. Nothing secret is in the message."""

    def serve(_):
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(error) as caught:
        reach(keys, serve).timestamp(DIGEST)
    assert "secret" not in str(caught.value)


def test_the_second_server_serves_when_the_first_is_down(keys, unit):
    """Its token is checked like the first's; when both are down, that is said."""
    calls = []

    def serve(request):
        calls.append(request.url.host)
        if request.url.host == "tsa.example.fr" or len(calls) > 2:
            return httpx.Response(503)
        return httpx.Response(200, content=unit.reply(request.content))

    stamper = reach(keys, serve, fallback_url="https://other.example.fr/")
    assert DIGEST in stamper.timestamp(DIGEST)
    assert ["tsa.example.fr", "other.example.fr"] == calls
    with pytest.raises(errors.TimestampUnavailable):
        stamper.timestamp(DIGEST)


@pytest.mark.parametrize("status", [401, 403, 404, None])
def test_the_second_server_is_asked_when_the_first_refuses(keys, unit, status):
    """A password that has expired, or a token that cannot be used, stops nobody while another unit serves."""

    def serve(request):
        if request.url.host == "other.example.fr":
            return httpx.Response(200, content=unit.reply(request.content))
        return httpx.Response(status) if status else httpx.Response(200, content=change(nonce=5)(unit, request))

    assert DIGEST in reach(keys, serve, fallback_url="https://other.example.fr/").timestamp(DIGEST)


def test_a_refusal_by_one_and_silence_of_the_other_is_worth_another_try(keys):
    """Only where all refuse is another try in vain."""
    for first, second, error in (
        (401, 503, errors.TimestampUnavailable),
        (503, 401, errors.TimestampUnavailable),
        (401, 403, errors.TimestampRefused),
    ):
        answers = iter([httpx.Response(first), httpx.Response(second)])
        stamper = reach(keys, lambda _, answers=answers: next(answers), fallback_url="https://other.example.fr/")
        with pytest.raises(error):
            stamper.timestamp(DIGEST)


def test_an_answer_that_trickles_is_given_up(keys):
    """The seconds allowed are for the whole answer: one byte now and then does not hold anybody up."""

    class Slow(httpx.SyncByteStream):
        def __iter__(self):
            for _ in range(1000):
                time.sleep(0.02)
                yield b"x"

    began = time.monotonic()
    with pytest.raises(errors.TimestampUnavailable):
        reach(keys, lambda _: httpx.Response(200, stream=Slow()), timeout=0.2).timestamp(DIGEST)
    assert time.monotonic() - began < 5


def test_nothing_connects_before_it_is_needed(keys):
    """Start-up does not depend on somebody else's server; the password is in no repr."""
    stamper = HttpTimestamper(URL, trust=[keys.root], clock=lambda: NOW, auth=("seing", "secret"))
    assert "secret" not in repr(stamper)
    stamper.close()


def test_an_expired_unit_is_refused(keys):
    """A token dated after its unit's certificate has run out proves nothing."""
    late = keys.unit.certificate.not_valid_after_utc + timedelta(days=1)
    expired = LocalTimestamper(keys.unit, clock=lambda: late)
    stamper = reach(
        keys, lambda request: httpx.Response(200, content=expired.reply(request.content)), clock=lambda: late
    )
    with pytest.raises(errors.TimestampRefused, match="no authority"):
        stamper.timestamp(DIGEST)
