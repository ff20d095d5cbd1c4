"""What the mails of an order need, taken from its frozen copy."""

import hashlib
import hmac

from pipeline.bootstrap import Services
from pipeline.organisation import Seller
from storage.models import Order
from templates.brand import Brand
from templates.french import formats
from templates.messages.message import Sender


def sender(seller: Seller) -> Sender:
    """The seller as the foot of every mail shows him."""
    address = seller.address
    capital = f"capital de {formats('fr').money(seller.share_capital)} · " if seller.share_capital else ""
    return Sender(
        name=seller.legal_name,
        address=f"{address.line1}, {address.postal_code} {address.city}",
        email=seller.email,
        phone=formats("fr").phone(seller.phone) if seller.phone else "",
        registration=f"{capital}{seller.rcs}",
    )


def brand(seller: Seller) -> Brand:
    """The look of the seller's documents."""
    return Brand(seller.legal_name)


def foot(seller: Seller) -> str:
    """The seller's line at the foot of each page: name, address, registration."""
    who = sender(seller)
    return " · ".join(part for part in (f"{who.name}, {who.address}", who.registration) if part)


def renounce_token(services: Services, order_id: str) -> str:
    """The unguessable part of the address at which a customer may withdraw; made again from the key, never stored."""
    mac = hmac.new(services.pepper, f"renounce|{order_id}".encode(), hashlib.sha256).hexdigest()
    return f"{order_id}.{mac}"


def order_of_renounce_token(services: Services, token: str) -> str | None:
    """The order that the token belongs to, or None when it was not made by us."""
    order_id = token.partition(".")[0]
    return order_id if hmac.compare_digest(renounce_token(services, order_id).encode(), token.encode()) else None


def renounce_url(services: Services, order_id: str) -> str:
    """Where « renoncer au contrat ici » leads during the whole period (L221-21)."""
    return f"{services.settings.public_url}/retractation/{renounce_token(services, order_id)}"


def order_url(services: Services, order: Order) -> str:
    """The rep's page of an order."""
    return f"{services.settings.public_url}/orders/{order.id}"
