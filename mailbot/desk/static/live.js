// Live lists: /events says that something changed, the page asks for itself again. Rows that stand there are changed in place and never
// move; what is new waits behind a button. Without a stream the same is asked for every 20 s.
"use strict";

(() => {
  const EVERY = 20000;
  const list = page.querySelector("[data-live]");
  let stream = null;
  let known = list ? list.dataset.mark : "";
  let due = 0;
  let asking = false;
  let newest = null; // the list as the desk has it now, as soon as it has other rows than the page

  // --- the stream: only in a tab that is seen, for a browser has six connections in all ----------------------------------------------
  function open() {
    if (stream || page.hidden || !window.EventSource) return;
    stream = new EventSource("/events");
    stream.addEventListener("change", (event) => changed(event.data));
    stream.addEventListener("open", () => state("Live."));
    stream.addEventListener("error", () => state("Updates paused; looking every 20 s."));
  }

  function close() {
    if (stream) stream.close();
    stream = null;
  }

  function changed(mark) {
    if (mark === known) return;
    known = mark;
    page.dispatchEvent(new CustomEvent("desk:change", { detail: mark }));
    if (list && !due) due = setTimeout(refresh, 400);
  }

  async function look() {
    if (page.hidden || (stream && stream.readyState === EventSource.OPEN)) return;
    try {
      const answer = await fetch("/poll", { headers: { Accept: "application/json" }, redirect: "manual" });
      if (!answer.ok) { over(answer); return; }
      changed((await answer.json()).mark);
      if (!stream || stream.readyState === EventSource.CLOSED) { close(); open(); }
    } catch { state("The desk does not answer; trying again every 20 s."); }
  }

  function over(answer) {
    const ended = answer.type === "opaqueredirect" || answer.status === 401;
    state(ended ? "Your session is over. Sign in in another tab, then refresh." : "The desk does not answer; trying again every 20 s.");
  }

  function state(text) {
    const line = page.querySelector("[data-live-state]");
    if (line && line.textContent !== text) line.textContent = text;
  }

  if (page.body.querySelector("header.top")) {
    open();
    setInterval(look, EVERY);
    page.addEventListener("visibilitychange", () => { if (page.hidden) close(); else { open(); look(); } });
    addEventListener("pagehide", close);
  }

  // --- the list ----------------------------------------------------------------------------------------------------------------------
  async function refresh() {
    due = 0;
    if (asking) { due = setTimeout(refresh, 1000); return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { "HX-Request": "true" }, redirect: "manual" });
      if (answer.ok) merge(new DOMParser().parseFromString(await answer.text(), "text/html").body);
      else over(answer);
    } catch { state("The desk does not answer; trying again every 20 s."); } finally { asking = false; }
  }

  function merge(fresh) {
    const line = page.querySelector("[data-live-state]");
    const said = line ? line.textContent : "";
    for (const part of fresh.querySelectorAll("[data-part]")) replace(page.querySelector(`[data-part=${part.dataset.part}]`), part);
    state(said);
    const rows = rowsOf(list);
    const now = rowsOf(fresh);
    for (const [id, row] of rows) {
      const other = now.get(id);
      row.classList.toggle("gone", !other);
      if (other && !row.contains(page.activeElement)) { row.replaceWith(other.cloneNode(true)); } else if (other) copyCells(row, other);
    }
    const added = [...now.keys()].filter((id) => !rows.has(id)).length;
    const moved = added === 0 && [...now.keys()].join() !== [...rows.keys()].join();
    newest = added || moved ? fresh : null;
    announce(added, moved);
  }

  function rowsOf(root) {
    return new Map([...root.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
  }

  // The row that has the focus keeps its link; everything beside it is made new.
  function copyCells(row, other) {
    [...row.cells].forEach((cell, place) => {
      const fresh = other.cells[place];
      if (fresh && !cell.contains(page.activeElement) && cell.innerHTML !== fresh.innerHTML) cell.replaceWith(fresh.cloneNode(true));
    });
    row.dataset.version = other.dataset.version;
  }

  function replace(old, fresh) {
    if (!old || old.innerHTML === fresh.innerHTML) return;
    const at = old.contains(page.activeElement) ? page.activeElement.getAttribute("href") : null;
    old.replaceWith(fresh);
    if (at) { const again = fresh.querySelector(`[href="${CSS.escape(at)}"]`); if (again) again.focus(); }
  }

  function announce(added, moved) {
    const button = list.querySelector("[data-news]");
    if (!button) return;
    button.hidden = !(added || moved);
    const text = added ? `${added} new` : "The order changed";
    if (button.hidden || button.dataset.text === text) return;
    button.dataset.text = text;
    button.replaceChildren(`${text} · press `, Object.assign(page.createElement("kbd"), { textContent: "." }));
    say(added === 1 ? "1 new ticket" : added ? `${added} new tickets` : "The order of the list changed");
  }

  page.addEventListener("click", (event) => {
    if (!newest || !(event.target instanceof Element) || !event.target.closest("[data-news]")) return;
    const row = page.activeElement ? page.activeElement.closest("[data-row]") : null;
    list.replaceChildren(...newest.childNodes);
    state(stream ? "Live." : "");
    newest = null;
    const again = row ? list.querySelector(`[data-row="${row.dataset.row}"] [data-open]`) : null;
    const first = list.querySelector("[data-row] [data-open]");
    if (again || first) (again || first).focus();
    if (window.htmx) window.htmx.process(list);
  });

  // --- keys of lists: j and k walk the rows, o opens ------------------------------------------------------------------------------------
  page.addEventListener("keydown", (event) => {
    if (!["j", "k", "o"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!page.body.hasAttribute("data-shortcuts") || typing(event.target) || page.querySelector("dialog[open]")) return;
    const links = [...page.querySelectorAll("[data-list] [data-open]")];
    if (!links.length) return;
    const row = page.activeElement.closest("[data-row]");
    const at = row ? links.findIndex((link) => row.contains(link)) : -1;
    event.preventDefault();
    if (event.key === "o") { if (at >= 0) links[at].click(); return; }
    const next = links[Math.max(0, Math.min(links.length - 1, at + (event.key === "j" ? 1 : -1)))];
    next.focus();
    next.closest("[data-row]").scrollIntoView({ block: "nearest" });
  });

  // --- countdowns: the text is made new each 30 s and is not announced ------------------------------------------------------------------
  setInterval(() => {
    for (const badge of page.querySelectorAll("[data-due]")) {
      const left = Math.floor((Date.parse(badge.dataset.due) - Date.now()) / 1000);
      badge.classList.remove("info", "wait", "stop");
      badge.classList.add(left < 0 ? "stop" : left <= Number(badge.dataset.soon) ? "wait" : "info");
      badge.lastElementChild.textContent = `${span(Math.abs(left))} ${left < 0 ? "over" : "left"}`;
      const use = badge.querySelector("use");
      if (left < 0) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#stop"));
    }
  }, 30000);
})();
