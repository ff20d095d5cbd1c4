"""How a page is looked at: its language, its width in every window, its targets for a finger, what axe-core finds."""

import json
from importlib.resources import files

from templates.pages.texts import texts_in
from tests.browser.conftest import ARTEFACTS, SIZES, follow

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
WINDOWS = ("small-phone", "tablet", "desktop")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FINGER = """() => [...document.querySelectorAll(
  "button, .button, summary, select, textarea, label.choice, nav a, .foot a, .crumb a, input:not([type=hidden])"
)].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && box.height && e.checkVisibility() && (box.height < 44 || box.width < 24)
    && !(e.closest("label.choice") && e.closest("label.choice") !== e);
}).map(e => `${e.tagName} ${e.textContent.trim().slice(0, 40)} ${e.name || ""} ${e.getBoundingClientRect().height}`)"""
"""Targets under 44 CSS pixels high (WCAG 2.2, 2.5.5); links within a sentence are free of it."""
OVERLAPPING = """() => [...document.querySelectorAll("th, td")]
  .filter(e => e.parentNode.parentNode.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1)
  .map(e => e.textContent.trim().slice(0, 40))"""
"""Cells whose words are wider than they are, and run into the next; heads for the ear alone lie in a pixel."""


def foreign(page, language):
    """Texts of the other language's catalog that stand on the page, but where an element says that it is in another."""
    other = "en" if language == "fr" else "fr"
    ours = {" ".join(text.split()) for text in texts_in(language).entries.values()}
    theirs = {" ".join(text.split()) for text in texts_in(other).entries.values()} - ours
    shown = page.evaluate(
        """language => [...document.querySelectorAll("body *")].filter(e => e.checkVisibility()
          && e.closest("[lang]").lang === language).flatMap(e => [...e.childNodes]
            .filter(n => n.nodeType === 3).map(n => n.textContent))""",
        language,
    )
    lines = {" ".join(line.split()) for line in shown}
    return sorted(
        text for text in theirs if len(text) > 3 and (text in lines or (len(text) > 24 and text in " | ".join(lines)))
    )


def violations(page):
    """What axe-core finds wrong, one line each: rule, what it is about, where."""
    found = page.evaluate(f"axe.run(document, {{runOnly: {json.dumps(RULES)}}})")["violations"]
    return [f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes']][:3]}" for one in found]


class Gallery:
    """One browser with a language, which looks at page after page and keeps what is wrong with any."""

    def __init__(self, chromium, house, language):
        self.language, self.house = language, house
        self.context = chromium.new_context(base_url=house.url, locale="fr-FR", viewport=SIZES["small-phone"])
        self.page = self.context.new_page()
        self.wrong = []
        self.seen = set()
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", self._heard)
        self.page.add_init_script(AXE)
        self.page.goto(f"/language/{language}?back=/login")

    def _heard(self, message):
        if message.type == "error" and "Failed to load resource" not in message.text and "htmx:" not in message.text:
            self.wrong.append(message.text)

    def log_in(self, user):
        self.page.goto("/login")
        self.page.fill("#user", user)
        self.page.fill("#password", "demonstration")
        follow(self.page.locator("button.act"))

    def press(self, name):
        """The first button of the page's main form by a part of the address that it goes to."""
        follow(self.page.locator(f'main form[action*="{name}"] button, main button[formaction*="{name}"]').first)

    def look(self, name, path="", *, status=200):
        """Go to `path` (or stay) and see the page in every window."""
        if path:
            answer = self.page.goto(path)
            assert status == answer.status, (name, answer.status)
        assert name not in self.seen, f"{name} was looked at already"
        self.seen.add(name)
        for window in WINDOWS:
            self.page.set_viewport_size(SIZES[window])
            wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wider > 0:
                self.wrong.append(f"{name}, {window}: {wider} pixels wider than the window")
            self.wrong += [f"{name}, {window}: overlaps: {cell}" for cell in self.page.evaluate(OVERLAPPING)]
            self._shot(name, window)
            # Words change no wide layout: one language is enough there.
            if window == "small-phone" or (window == "desktop" and self.language == "fr"):
                self.wrong += [f"{name}, {window}: {one}" for one in violations(self.page)]
        self.page.set_viewport_size(SIZES["small-phone"])
        self.wrong += [f"{name}: small for a finger: {one}" for one in self.page.evaluate(FINGER)]
        self.wrong += [f"{name}: not {self.language}: {text}" for text in foreign(self.page, self.language)]
        if self.page.get_attribute("html", "lang") != self.language:
            self.wrong.append(f"{name}: the page does not say that it is {self.language}")
        if self.page.locator("h1").count() != 1:
            self.wrong.append(f"{name}: {self.page.locator('h1').count()} main headings")

    def _shot(self, name, window):
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        place = ARTEFACTS / f"page-{name}-{self.language}-{window}.jpg"
        self.page.screenshot(path=str(place), full_page=True, type="jpeg", quality=80, animations="disabled")

    def done(self):
        self.context.close()
        assert self.wrong == [], "\n" + "\n".join(self.wrong)
