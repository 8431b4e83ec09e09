// Comfort only: every page works without this file. No eval, no inline handlers, nothing is kept in the browser.
"use strict";

const page = document;
const typing = (at) => at.closest("input, select, textarea, [contenteditable]") !== null;

// --- keys: an element with data-key="c" (or "g q": one after the other) is clicked, or focused where it is a field -------------------
let before = "";
let forget = 0;

page.addEventListener("keydown", (event) => {
  const at = event.target instanceof Element ? event.target : page.body;
  if (event.key === "Escape" && typing(at)) { at.blur(); return; }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && at.closest("form[data-send]")) {
    event.preventDefault();
    at.closest("form").requestSubmit();
    return;
  }
  if (!page.body.hasAttribute("data-shortcuts") || typing(at)) return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || page.querySelector("dialog[open]")) return;
  if (event.key === "?") { event.preventDefault(); showKeys(); return; }
  const pressed = before ? `${before} ${event.key}` : event.key;
  clearTimeout(forget);
  before = "";
  const found = withKey(pressed);
  if (found) {
    event.preventDefault();
    press(found);
  } else if (keyed().some((one) => one.dataset.key.startsWith(`${event.key} `))) {
    before = event.key;
    forget = setTimeout(() => { before = ""; }, 1500);
  }
});

function keyed() {
  return [...page.querySelectorAll("[data-key]")].filter((one) => !one.disabled && one.getClientRects().length > 0);
}

function withKey(keys) {
  return keyed().find((one) => one.dataset.key === keys);
}

function press(found) {
  if (found.matches("input:not([type=checkbox], [type=radio]), textarea, select")) {
    found.focus();
    if (found.select) found.select();
  } else {
    found.click();
    goOn(found);
  }
}

// A form that was opened, or a choice that was made, by a key: on to the field that is filled in next.
function goOn(found) {
  if (found.matches("summary") && found.parentElement.open && !found.parentElement.querySelector("[type=radio]")) {
    found.parentElement.querySelector("textarea, select, input:not([type=hidden])")?.focus();
  } else if (found.matches("[type=radio]")) {
    found.form.querySelector("textarea")?.focus();
  }
}

function showKeys() {
  const box = page.getElementById("keys");
  if (!box) return;
  const list = box.querySelector("dl");
  list.replaceChildren();
  for (const one of [...keyed(), ...page.querySelectorAll("[data-key-help]")]) {
    const keys = page.createElement("dt");
    for (const key of (one.dataset.key || one.dataset.keyHelp).split(" ")) {
      keys.append(Object.assign(page.createElement("kbd"), { textContent: key }), " ");
    }
    const what = one.dataset.keyName || one.getAttribute("aria-label") || one.placeholder || one.textContent;
    list.append(keys, Object.assign(page.createElement("dd"), { textContent: what.trim().replace(/\s+/g, " ") }));
  }
  box.showModal();
}

// --- times: "12 min ago" stays true --------------------------------------------------------------------------------------------------
function span(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) {
    const hours = Math.floor(seconds / 3600);
    const minutes = Math.floor((seconds % 3600) / 60);
    return minutes && hours < 10 ? `${hours} h ${minutes} min` : `${hours} h`;
  }
  const days = Math.floor(seconds / 86400);
  return days === 1 ? "1 day" : `${days} days`;
}

setInterval(() => {
  for (const one of page.querySelectorAll("time[data-ago]")) {
    one.textContent = `${span(Math.max(0, Math.floor((Date.now() - Date.parse(one.dateTime)) / 1000)))} ago`;
  }
}, 30000);

// --- forms: one press sends once -----------------------------------------------------------------------------------------------------
page.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.method === "get" || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(() => { delete form.dataset.sent; }, 5000);
});
addEventListener("pageshow", () => { for (const form of page.forms) delete form.dataset.sent; });

// --- copy: a button with data-copy="#id" ---------------------------------------------------------------------------------------------
page.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
  if (!button) return;
  const from = page.querySelector(button.dataset.copy);
  const text = from.value || from.textContent;
  navigator.clipboard.writeText(text.trim()).then(() => say("Copied."));
});

// --- one polite line for screen readers ----------------------------------------------------------------------------------------------
function say(text) {
  const line = page.getElementById("said");
  if (line) line.textContent = text;
}
