// What the pages do beyond forms and links. Every page works without it; nothing here decides anything.
(() => {
  "use strict";

  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // A second tap sends nothing: the server would answer the same, the customer would wonder.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (!form.hasAttribute("hx-post") && !form.hasAttribute("data-again")) {
      form.dataset.sent = "1";
      form.dataset.busy = "1";
      // Disabled a moment later, so that the button's own value still travels.
      setTimeout(() => all("button", form).forEach((button) => (button.disabled = true)), 0);
    }
  }, true);

  // A page that comes back from the browser's memory may be long out of date.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });

  // The network, or the database behind it, is gone: say so, and send the same request again until it is back.
  const banner = () => document.getElementById("line-lost");
  const waits = [2, 3, 5, 8, 8, 8, 8, 8, 8, 8];
  const lost = (event) => {
    const source = event.detail.elt;
    const tries = Number(source.dataset.tries || 0);
    if (banner()) banner().hidden = false;
    if (tries >= waits.length || !source.isConnected) return;
    source.dataset.tries = String(tries + 1);
    if (source.matches("form[data-retry]")) {
      setTimeout(() => source.isConnected && source.requestSubmit(), waits[tries] * 1000);
    }
  };
  document.addEventListener("htmx:sendError", lost);
  document.addEventListener("htmx:timeout", lost);
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.xhr.status === 503) return lost(event);
    if (banner()) banner().hidden = true;
    delete event.detail.elt.dataset.tries;
  });

  // After a whole page was replaced, reading goes on at its top, or at what is wrong.
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.target;
    prepare(document);
    if (!part || part.id !== "main") return;
    const main = document.getElementById("main");
    const place = main.querySelector("[data-focus]") || main.querySelector("h1");
    if (!place) return;
    if (!place.matches("input, button, a, textarea")) place.tabIndex = -1;
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: place.matches("h1") ? "end" : "center" });
    if (place.matches("h1")) scrollTo(0, 0);
  });

  // A field that was checked as typed tells assistive tools as well.
  document.addEventListener("htmx:afterSwap", (event) => {
    const answer = event.detail.target.querySelector && event.detail.target.querySelector("[data-field]");
    if (!answer) return;
    const field = document.getElementById(answer.dataset.field);
    if (field) field.setAttribute("aria-invalid", answer.dataset.ok === "no" ? "true" : "false");
  });

  // « Renvoyer le code » counts down, then opens.
  const countdowns = () => all("[data-wait]").forEach((button) => {
    if (!button.dataset.until) button.dataset.until = String(Date.now() + Number(button.dataset.wait) * 1000);
    const left = Math.ceil((Number(button.dataset.until) - Date.now()) / 1000);
    const seconds = button.querySelector("[data-seconds]");
    const waiting = left > 0;
    button.setAttribute("aria-disabled", waiting ? "true" : "false");
    all("[data-when-waiting]", button).forEach((part) => (part.hidden = !waiting));
    all("[data-when-ready]", button).forEach((part) => (part.hidden = waiting));
    if (seconds && waiting) seconds.textContent = String(left);
  });
  setInterval(countdowns, 500);
  document.addEventListener("click", (event) => {
    if (event.target.closest('[aria-disabled="true"]')) event.preventDefault();
  }, true);

  // The code by itself, where the phone offers it (WebOTP); iOS does it from the field's autocomplete.
  let waitingForCode = null;
  const listen = (field) => {
    if (!("OTPCredential" in window) || waitingForCode === field) return;
    waitingForCode = field;
    const stop = new AbortController();
    field.form.addEventListener("submit", () => stop.abort(), { once: true });
    navigator.credentials.get({ otp: { transport: ["sms"] }, signal: stop.signal }).then((credential) => {
      if (credential && field.isConnected && !field.value) field.value = credential.code;
    }).catch(() => { waitingForCode = null; });
  };

  // A page of the document, larger.
  const lens = () => document.getElementById("lens");
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-zoom]");
    if (opener && lens() && lens().showModal) {
      event.preventDefault();
      const picture = lens().querySelector("img");
      // The small picture is there already; the large one takes its place once it has come.
      picture.src = opener.querySelector("img").src;
      const large = new Image();
      large.addEventListener("load", () => (picture.alt === opener.dataset.alt && (picture.src = large.src)));
      large.src = opener.dataset.zoom;
      picture.alt = opener.dataset.alt;
      lens().querySelector("[data-title]").textContent = opener.dataset.alt;
      lens().showModal();
      lens().querySelector(".pane").scrollTo(0, 0);
    } else if (event.target.closest("[data-close]")) {
      event.target.closest("dialog").close();
    }
  });

  // A field for a file in the words of the page; the field itself stays over them, for clicks, drops and keys.
  const faces = (root) => all(".drop > input", root).forEach((field) => {
    const face = field.nextElementSibling;
    if (!face || !face.hidden) return;
    const empty = face.querySelector("[data-chosen]").textContent;
    const name = () => (face.querySelector("[data-chosen]").textContent = field.files.length ? field.files[0].name : empty);
    face.hidden = false;
    field.parentElement.classList.add("faced");
    field.addEventListener("change", name);
    ["dragenter", "dragleave", "drop"].forEach((kind) => field.addEventListener(kind, () => {
      field.parentElement.classList.toggle("over", kind === "dragenter");
    }));
    name();
  });

  const prepare = (root) => {
    countdowns();
    faces(root);
    all("input.code-input", root).forEach(listen);
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches("input.code-input")) event.target.value = event.target.value.replace(/\D/g, "").slice(0, 6);
  });
  // The script runs at the end of parsing (defer): the page is there.
  prepare(document);
})();
