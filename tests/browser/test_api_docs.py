"""The description of the API: drawn in a real browser under the policy of every page."""

import pytest


@pytest.mark.parametrize("size", ["small-phone", "tablet", "desktop"])
def test_the_apis_description_is_drawn(open_screen, size):
    """Its operations are listed and open; the browser refuses nothing of it."""
    screen = open_screen(size)
    screen.page.goto("/api/docs")
    screen.page.locator(".opblock-summary-control").first.click(timeout=15_000)
    screen.page.locator(".opblock-body").first.wait_for()
    screen.shot("api-docs")
