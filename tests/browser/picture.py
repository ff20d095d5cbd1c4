"""The picture of the README: the order form, and the pages on which it is read and signed.

`python -m tests.browser.picture` draws it as everything looks now.
"""

import io
import socket
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright
from pypdfium2 import PdfDocument

from pipeline.steps import ceremony
from tests.browser.conftest import ARGUMENTS, CHROMIUM, House
from tests.factories import sample
from tests.house import REP, make_keys, make_services, order_from, order_of

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "seing.png"
GROUND, EDGE = "#e1e7e9", "#c3cdd1"
SIZE, WINDOW = (1450, 996), {"width": 360, "height": 740}
SHEET, PHONE = (636, 900), (312, 641)
"""Pixels of the form and of a telephone on the picture."""


def draw(folder):
    """The form's first page, the reading and the code, side by side."""
    make_keys(folder / "made")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    services = make_services(folder / "made", folder / "var", public_url=f"http://127.0.0.1:{port}")
    order_id = order_from(services, sample("au-nom-de-la-rose"))
    form = services.archive.get(order_of(services, order_id).form_sha256, area="drafts")
    token = ceremony.open_ceremony(services, order_id, "link", REP).token
    with House(services, port, worker=False) as house, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        context = browser.new_context(viewport=WINDOW, locale="fr-FR", base_url=house.url, device_scale_factor=2)
        page = context.new_page()
        page.goto(f"/s/{token}")
        shots = [page.screenshot(animations="disabled")]
        for box in page.locator(".consents input").all():
            box.check()
        page.locator(".consents ~ div button.act").click()
        page.locator("#code").wait_for()
        page.fill("#code", services.sms.code)
        shots.append(page.screenshot(animations="disabled"))
        browser.close()
    picture = Image.new("RGB", SIZE, GROUND)
    sheet = PdfDocument(form)[0].render(scale=200 / 72).to_pil().convert("RGB")
    put(picture, sheet, SHEET, (48, 48))
    for left, shot in zip((731, 1090), shots, strict=True):
        put(picture, Image.open(io.BytesIO(shot)).convert("RGB"), PHONE, (left, 178))
    return picture


def put(picture, part, size, place):
    """A part with a hairline around it."""
    left, top = place
    picture.paste(EDGE, (left - 1, top - 1, left + size[0] + 1, top + size[1] + 1))
    picture.paste(part.resize(size, Image.Resampling.LANCZOS), place)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        draw(Path(folder)).quantize(96, dither=Image.Dither.NONE).save(PICTURE, optimize=True)
