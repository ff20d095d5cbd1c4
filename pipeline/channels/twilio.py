"""Twilio: text messages and voice calls, through its own package.

Neither has an idempotency parameter: a request that timed out may have been carried out. The caller writes its row
first and keeps the SID that comes back (https://www.twilio.com/docs/messaging/api/message-resource).
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from pipeline.channels.sms import TIMEOUT, Receipt, Sms, SmsError, SmsRejected, SmsUnreachable
from pipeline.channels.sms_http import money
from pipeline.channels.voice import Call

API = "https://api.twilio.com"

RING_SECONDS = 15
"""A call is given up before an answering machine takes it, in France after about twenty seconds."""

VOICES = {"fr": "fr-FR", "en": "en-GB"}

_TOO_MANY = 429
_mute = logging.getLogger("seing.twilio.requests")
_mute.disabled = True  # the package tells the whole of each request to whoever listens


class _Http(TwilioHttpClient):  # type: ignore[misc]  # the package has no types
    """The package's client: over another host where one is given, without log, forgetting what it has sent."""

    def __init__(self, api: str, timeout: float) -> None:
        super().__init__(timeout=timeout, logger=_mute)
        self.api = urlsplit(api)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send one request, as the package would."""
        address = urlunsplit(urlsplit(url)._replace(scheme=self.api.scheme, netloc=self.api.netloc))
        try:
            return super().request(method, address, *args, **kwargs)
        finally:
            self._test_only_last_request = self._test_only_last_response = None  # they hold number and code


class _Account:
    """What messages and calls have in common: the account, and how its refusals are told."""

    def __init__(
        self, account_sid: str, auth_token: str, status_callback: str | None, api: str, timeout: float
    ) -> None:
        self.client = Client(account_sid, auth_token, http_client=_Http(api, timeout))
        public = status_callback and status_callback.startswith("https://")
        self.callback = {"status_callback": status_callback} if public else {}

    def ask(self, make: Callable[[], Any]) -> Any:
        """Do it; whatever goes wrong becomes an error that holds neither number nor text."""
        problem: SmsError
        try:
            return make()
        except TwilioRestException as error:
            refused = 400 <= error.status < 500 and error.status != _TOO_MANY
            kind = SmsRejected if refused else SmsUnreachable
            problem = kind(f"Twilio error {error.code}, status {error.status}", str(error.code))
        except (TwilioException, OSError, ValueError) as error:  # requests' exceptions are OSErrors
            name = type(error).__name__
            problem = SmsUnreachable(f"Twilio did not answer ({name})", name)
        raise problem  # outside the handler: the first error quotes the number and must not be its context


class TwilioSms(_Account):
    """Messages from an alphanumeric sender. Reports come to `status_callback` (`POST /webhooks/twilio/sms`)."""

    name = "twilio"

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        sender: str,
        status_callback: str | None = None,
        *,
        api: str = API,
        timeout: float = TIMEOUT,
    ) -> None:
        """Connect to nothing yet. `status_callback` must be https to be given to Twilio; `timeout` is in seconds."""
        super().__init__(account_sid, auth_token, status_callback, api, timeout)
        self.sender = sender

    @property
    def reports(self) -> bool:
        """Whether Twilio knows where to report to."""
        return bool(self.callback)

    def send(self, sms: Sms, *, key: str) -> Receipt:  # noqa: ARG002  # Messages has no idempotency parameter
        """Hand the message to Twilio and keep its SID. What is not delivered in time is dropped."""
        made = self.ask(
            lambda: self.client.messages.create(
                to=sms.to, from_=self.sender, body=sms.text, validity_period=sms.validity, **self.callback
            )
        )
        return Receipt(self.name, str(made.sid), str(made.status), cost=money(made.price, made.price_unit))

    def cost(self, provider_id: str) -> str | None:
        """What a message has cost, once Twilio knows; raises `SmsUnreachable`."""
        made = self.ask(lambda: self.client.messages(provider_id).fetch())
        return money(made.price, made.price_unit)


class TwilioVoice(_Account):
    """Calls from a number of ours. The words travel in the request's body; no address ever holds the code."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        caller: str,
        status_callback: str | None = None,
        *,
        api: str = API,
        timeout: float = TIMEOUT,
    ) -> None:
        """Connect to nothing yet. `caller` is a voice number of the account, E.164."""
        super().__init__(account_sid, auth_token, status_callback, api, timeout)
        self.caller = caller

    def call(self, call: Call, *, key: str) -> Receipt:  # noqa: ARG002  # Calls has no idempotency parameter
        """Ring for a quarter of a minute, then read the sentences with a pause after each."""
        words = VoiceResponse()
        for sentence in call.sentences:
            words.say(sentence, language=VOICES[call.language])
            words.pause(length=1)
        made = self.ask(
            lambda: self.client.calls.create(
                to=call.to, from_=self.caller, twiml=str(words), timeout=RING_SECONDS, **self.callback
            )
        )
        return Receipt("twilio", str(made.sid), str(made.status))
