// The script of every page: live parts, the clock, requests, copies. Elements ask for these by attributes:
//
// data-live + id        the element follows the page that the server renders now
// data-keep             the element and all in it stay when the page is refreshed
// data-hold             a live list stands still while somebody points at it or has the focus in it
// data-send="POST /p"   a button or a form that sends the request; {name} in the path is a field of the form
// data-body='{…}'       the JSON body; fields of a form are put into it by dotted names, such as do.status; "." is the body
// data-type             of a field: number, boolean, json, lines, instant; absent: a text. An empty field is left out
// data-submit           a field whose change sends its form
// data-credential       the header by which a service is called: X-Auth-Token or Authorization
// data-confirm          a question before the request
// data-done             the message after success; {name} is a field of the answer
// data-then="/path"     the page that opens after success
// data-curl             a button that shows the request of its form, or of the button before it, as curl
// data-copy, data-copy-from="id"   copies the text, or that of the element
// data-press            a button that presses another one, on the page of a release, for the instant of the data-at around it
// data-now, data-mode, data-pace   the clock
// data-due="ms"         the time until a virtual instant
// data-load="GET /p"    of details: the answer is shown in its pre when it is opened
//
// Other scripts of the page use window.dashboard: request, say, refresh, now, onRefresh.
"use strict";
(() => {
  const TOKEN = "emulator-token";
  const SERVICE_TOKEN = "emulator-service-token";
  const LEAST_INTERVAL_MS = 1000;
  const RETRY_MS = 2000;
  const $ = (id) => document.getElementById(id);

  /** The values of a tab; a browser may forbid to keep them. */
  const kept = {
    get(key) {
      try {
        return sessionStorage.getItem(key) || "";
      } catch {
        return "";
      }
    },
    set(key, value) {
      try {
        sessionStorage.setItem(key, value);
      } catch {
        // The tab asks again on the next page.
      }
    },
  };

  const ownHeaders = () => {
    const token = kept.get(TOKEN);
    return token ? { "X-Emulator-Token": token } : {};
  };

  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  // The page without its token: fetched with it, and put in the place of this one.

  const asksForToken = (answer) => answer.headers.has("www-authenticate");

  async function open(token) {
    const headers = { Accept: "text/html", "X-Emulator-Token": token };
    const answer = await fetch(location.href, { headers, cache: "no-store" });
    const text = await answer.text();
    if (asksForToken(answer)) return false;
    kept.set(TOKEN, token);
    if (!(answer.headers.get("content-type") || "").startsWith("text/html")) {
      document.body.replaceChildren(element("pre", { textContent: text }));
      return true;
    }
    document.open();
    document.write(text);
    document.close();
    return true;
  }

  async function signIn() {
    const form = $("sign-in");
    const problem = $("sign-in-problem");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.textContent = "";
      try {
        if (await open($("token").value)) return;
        problem.textContent = "This is not the token.";
      } catch (error) {
        problem.textContent = `The emulator does not answer: ${error.message}`;
      }
    });
    const token = kept.get(TOKEN);
    if (token) await open(token);
  }

  // The clock.

  let clock = null;

  function readClock() {
    const shown = document.querySelector("[data-now]");
    if (!shown) return;
    const { now, mode, pace } = shown.dataset;
    const pace_ = mode === "running" ? Number(pace) : 0;
    clock = { now: Number(now), pace: pace_, since: performance.now() };
  }

  /** The present virtual instant in milliseconds. */
  function now() {
    return clock ? clock.now + (performance.now() - clock.since) * clock.pace : 0;
  }

  const UNITS = [
    [86400000, "d"],
    [3600000, "h"],
    [60000, "min"],
    [1000, "s"],
  ];

  /** A length in its largest two units, as the server writes it. */
  function words(ms) {
    if (ms < 1000) return `${Math.floor(ms)} ms`;
    const first = UNITS.findIndex(([unit]) => ms >= unit);
    let rest = ms;
    const parts = [];
    for (const [unit, name] of UNITS.slice(first, first + 2)) {
      const n = Math.floor(rest / unit);
      rest %= unit;
      if (n > 0) parts.push(`${n} ${name}`);
    }
    return parts.join(" ");
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  function tick() {
    if (!clock) return;
    const at = now();
    const shown = document.querySelector("[data-now] time");
    if (shown && Math.abs(at) <= 8.64e15) {
      const [day, time] = new Date(at).toISOString().split("T");
      const millis = clock.pace > 0 ? time.slice(0, 8) : time.replace(".000Z", "").replace("Z", "");
      write(shown.firstElementChild, day);
      const after = shown.lastChild;
      const text = ` ${millis}`;
      if (after.data !== text) after.data = text;
    }
    for (const element of document.querySelectorAll("[data-due]")) {
      const left = Number(element.dataset.due) - at;
      let text = left > 0 ? `in ${words(Math.max(left, clock.pace > 0 ? 1000 : 0))}` : left < 0 ? `${words(-left)} ago` : "now";
      if (clock.pace > 0 && left < 0 && element.hasAttribute("data-ahead")) text = "now";
      write(element, text);
    }
  }

  // Live parts.

  /** Makes an element like another one, touching only what differs, so that focus, selection, scroll and what is open stay. */
  function follow(old, fresh) {
    if (old.isEqualNode(fresh) || old.hasAttribute("data-keep")) return;
    // A choice that is open would close.
    if (old.localName === "select" && old === document.activeElement) return;
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !isOwn(old, name)) old.removeAttribute(name);
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value && !isOwn(old, name)) old.setAttribute(name, value);
    }
    followChildren(old, fresh);
    if (old.hasAttribute("data-submit")) old.value = fresh.value;
  }

  /** True for what the reader has set. */
  function isOwn(element, name) {
    return (element.localName === "details" && name === "open") || (element.localName === "dialog" && name === "open");
  }

  const keyOf = (node) => (node.nodeType === 1 ? node.id || node.dataset.key || "" : "");

  function followChildren(old, fresh) {
    const byKey = new Map();
    for (const child of old.childNodes) {
      const key = keyOf(child);
      if (key) byKey.set(key, child);
    }
    let at = old.firstChild;
    for (const wanted of [...fresh.childNodes]) {
      const key = keyOf(wanted);
      const found = key ? byKey.get(key) : null;
      if (found) {
        byKey.delete(key);
        if (found === at) at = at.nextSibling;
        else old.insertBefore(found, at);
        follow(found, wanted);
      } else if (!key && at && !keyOf(at) && at.nodeName === wanted.nodeName) {
        const next = at.nextSibling;
        if (at.nodeType === 1) follow(at, wanted);
        else if (at.data !== wanted.data) at.data = wanted.data;
        at = next;
      } else {
        old.insertBefore(document.importNode(wanted, true), at);
      }
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  /** True for a list that somebody points at or has the focus in: its rows would change under them. */
  const isHeld = (element) => element.hasAttribute("data-hold") && (element.matches(":hover") || element.contains(document.activeElement));

  const refreshed = [];
  let wasMissing = null;

  /** Fetches the page again, and lets its live parts follow. */
  async function refresh() {
    const headers = { Accept: "text/html", ...ownHeaders() };
    const answer = await fetch(location.href, { headers, cache: "no-store" });
    // Another emulator has taken the place of this one.
    if (asksForToken(answer)) location.reload();
    // The subject of the page is gone, or back again.
    const isMissing = answer.status === 404;
    if (wasMissing !== null && wasMissing !== isMissing) location.reload();
    wasMissing = isMissing;
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(old.id);
      if (fresh && !isHeld(old)) follow(old, fresh);
    }
    const shown = document.querySelector("[data-now]");
    const served = page.querySelector("[data-now]");
    if (shown && served) Object.assign(shown.dataset, served.dataset);
    readClock();
    tick();
    for (const done of refreshed) done();
  }

  let busy = null;

  /** Refreshes once more at the most, however often it is asked. */
  function refreshSoon() {
    busy ||= refresh()
      .catch(() => undefined)
      .finally(() => {
        busy = null;
      });
    return busy;
  }

  /** Resolves at the next event of the world. It reads no further: a busy world would write its events for nobody. */
  async function nextEvent(listening) {
    const leave = new AbortController();
    const signal = leave.signal;
    document.addEventListener("visibilitychange", () => document.hidden && leave.abort(), { signal });
    try {
      const headers = { Accept: "text/event-stream", ...ownHeaders() };
      const answer = await fetch("/_emulator/v1/events", { headers, cache: "no-store", signal });
      if (!answer.ok) throw new Error(`events: ${answer.status}`);
      // All that happens from here on is in the stream, so nothing is missed between the page and the next event.
      await listening();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      // A comment is a sign of life.
      for (let text = ""; !/^(event|data):/m.test(text); ) {
        const { done, value } = await reader.read();
        if (done) return;
        text = text.slice(-16) + value;
      }
    } finally {
      leave.abort();
    }
  }

  async function live() {
    for (;;) {
      if (document.hidden) {
        await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
        continue;
      }
      const began = performance.now();
      try {
        await nextEvent(refreshSoon);
        document.body.classList.remove("offline");
      } catch (error) {
        if (error.name !== "AbortError") {
          document.body.classList.add("offline");
          await wait(RETRY_MS);
        }
      }
      await wait(Math.max(0, LEAST_INTERVAL_MS - (performance.now() - began)));
    }
  }

  // Requests.

  const isControl = (path) => path.startsWith("/_emulator/");

  function field(element) {
    const { value } = element;
    switch (element.dataset.type) {
      case "number":
        return value === "" ? undefined : Number(value);
      case "boolean":
        return element.type === "checkbox" ? element.checked || undefined : value === "" ? undefined : value === "true";
      case "json":
        return value.trim() === "" ? undefined : JSON.parse(value);
      case "lines": {
        const lines = value.split("\n").map((line) => line.trim()).filter(Boolean);
        return lines.length > 0 ? lines : undefined;
      }
      case "instant":
        return value === "" ? undefined : new Date(`${value}Z`).toISOString();
      default:
        if (element.type === "checkbox" || element.type === "radio") return element.checked ? value : undefined;
        return value === "" ? undefined : value;
    }
  }

  function put(body, path, value) {
    const names = path.split(".");
    const last = names.pop();
    let place = body;
    for (const name of names) place = place[name] ??= {};
    place[last] = value;
  }

  /** The request that an element stands for: method, path, headers, body. */
  function request(element, line = element.dataset.send, credential = element.dataset.credential) {
    const given = element.dataset.body;
    let [method, path] = line.split(/ (.*)/s);
    let body = given === undefined ? undefined : JSON.parse(given);
    if (element.localName === "form") {
      const fields = [...element.elements].filter((one) => one.name && !one.disabled);
      for (const one of fields) {
        let value;
        try {
          value = field(one);
        } catch (error) {
          const label = one.labels && one.labels[0] ? one.labels[0].textContent.trim() : one.name;
          throw new Error(`${label}: ${error.message}`);
        }
        if (one.name === ".") {
          body = value;
        } else if (path.includes(`{${one.name}}`)) {
          path = path.replaceAll(`{${one.name}}`, encodeURIComponent(value ?? ""));
        } else if (value !== undefined) {
          body ??= {};
          put(body, one.name, value);
        }
      }
    }
    const headers = {};
    if (credential) {
      const token = kept.get(SERVICE_TOKEN) || "dashboard";
      headers[credential] = credential === "Authorization" ? `Bearer ${token}` : token;
    }
    if (body !== undefined) headers["Content-Type"] = "application/json";
    return { method, path, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  }

  const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

  /** The request as a command. Tokens are variables, so that it can be shown to others. */
  function curl({ method, path, headers, body }) {
    const parts = ["curl"];
    if (method !== "GET") parts.push("-X", method);
    parts.push(quoted(location.origin + path));
    const shown = { ...headers };
    if (isControl(path) && kept.get(TOKEN)) parts.push("-H", '"X-Emulator-Token: $RELEASE_EMULATOR_CONTROL_TOKEN"');
    if (kept.get(SERVICE_TOKEN)) {
      for (const name of ["X-Auth-Token", "Authorization"]) {
        if (!(name in shown)) continue;
        parts.push("-H", name === "Authorization" ? '"Authorization: Bearer $TOKEN"' : '"X-Auth-Token: $TOKEN"');
        delete shown[name];
      }
    }
    for (const [name, value] of Object.entries(shown)) parts.push("-H", quoted(`${name}: ${value}`));
    if (body !== undefined) parts.push("-d", quoted(body));
    return parts.join(" ");
  }

  function element(name, properties, ...children) {
    const made = document.createElement(name);
    Object.assign(made, properties);
    made.append(...children);
    return made;
  }

  /** Shows a message in the status region, with a request as curl and the body of an answer if there are any. */
  function say(message, { kind = "done", command = "", answer = "" } = {}) {
    const region = $("status");
    if (!region) return;
    const text = element("p", { className: kind });
    // An address that the answer gave is worth a click; any other is left as it is.
    for (const part of message.split(/(https?:\/\/[^\s"'<>]+)/)) {
      text.append(/^https?:\/\//.test(part) ? element("a", { href: part, textContent: part }) : part);
    }
    const close = element("button", { type: "button", className: "close", textContent: "Dismiss" });
    close.addEventListener("click", () => region.replaceChildren());
    const content = [text, close];
    for (const [title, shown] of [["As curl", command], ["Answer", answer]]) {
      if (!shown) continue;
      const copy = element("button", { type: "button", textContent: "Copy" });
      copy.dataset.copy = shown;
      const details = element("details", {}, element("summary", { textContent: title }), element("pre", { tabIndex: 0, textContent: shown }), copy);
      details.open = kind === "curl";
      content.push(details);
    }
    region.replaceChildren(...content);
  }

  const filled = (text, answer) => text.replace(/\{(\w+)\}/g, (all, name) => (answer && answer[name] !== undefined ? String(answer[name]) : all));

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  }

  /** The words of a refusal, of the control plane or of a service, with the hint. */
  function wordsOf(answer, json, text) {
    const words = json && (json.detail || json.message || json.error_msg || json.description || (json.error && (json.error.message || json.error)));
    const hint = answer.headers.get("x-emulator-hint");
    let decoded = hint || "";
    try {
      decoded = decodeURIComponent(decoded);
    } catch {
      // A percent sign of its own.
    }
    const shown = typeof words === "string" ? words : text.slice(0, 300);
    return `${answer.status} ${answer.statusText}: ${shown}${decoded ? ` (hint: ${decoded})` : ""}`;
  }

  /** Sends a request; returns the answer with its text and JSON. */
  async function send({ method, path, headers, body }) {
    const own = isControl(path) ? ownHeaders() : {};
    const answer = await fetch(path, { method, headers: { ...headers, ...own }, body, cache: "no-store" });
    const text = await answer.text();
    return { answer, text, json: parsed(text) };
  }

  async function act(source) {
    if (source.getAttribute("aria-busy") === "true") return;
    const { confirm: question, done, then } = source.dataset;
    let made;
    try {
      made = request(source);
    } catch (error) {
      say(error.message, { kind: "problem" });
      return;
    }
    if (question && !window.confirm(question)) return;
    source.setAttribute("aria-busy", "true");
    const command = curl(made);
    try {
      const { answer, text, json } = await send(made);
      if (answer.ok) {
        const message = done ? filled(done, json) : `${made.method} ${made.path}: ${answer.status} ${answer.statusText}`;
        say(message, { command, answer: text.slice(0, 20000) });
        source.dispatchEvent(new CustomEvent("dashboard:done", { bubbles: true, detail: json }));
        if (then) location.assign(filled(then, json));
      } else {
        say(wordsOf(answer, json, text), { kind: "problem", command, answer: text.slice(0, 20000) });
      }
      await refreshSoon();
    } catch (error) {
      say(`The emulator does not answer: ${error.message}`, { kind: "problem", command });
    } finally {
      source.removeAttribute("aria-busy");
    }
  }

  async function load(details) {
    const shown = details.querySelector("pre");
    if (!details.open || !shown) return;
    const [method, path] = details.dataset.load.split(/ (.*)/s);
    const { headers } = request(element("button", {}), `${method} ${path}`, details.dataset.credential);
    try {
      const { answer, text, json } = await send({ method, path, headers });
      const body = json === null ? text : JSON.stringify(json, null, 2);
      shown.textContent = answer.ok ? body : `${answer.status} ${answer.statusText}\n${body}`;
    } catch (error) {
      shown.textContent = `The emulator does not answer: ${error.message}`;
    }
  }

  async function copy(button) {
    const { copy: text, copyFrom } = button.dataset;
    const shown = text ?? ($(copyFrom) ? $(copyFrom).textContent : "");
    try {
      await navigator.clipboard.writeText(shown);
    } catch {
      // Only a page of a secure origin may use the clipboard.
      const area = element("textarea", { value: shown, readOnly: true, className: "off-screen" });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const before = button.dataset.label || button.textContent;
    button.dataset.label = before;
    button.textContent = "Copied";
    setTimeout(() => write(button, before), 1500);
  }

  function onClick(event) {
    const button = event.target.closest("button");
    for (const menu of document.querySelectorAll("details.worlds[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
    if (!button) return;
    if (button.hasAttribute("data-copy") || button.hasAttribute("data-copy-from")) {
      copy(button);
    } else if (button.hasAttribute("data-curl")) {
      event.preventDefault();
      const source = button.form && button.form.hasAttribute("data-send") ? button.form : button.previousElementSibling;
      try {
        say("This request is not sent yet.", { kind: "curl", command: curl(request(source)) });
      } catch (error) {
        say(error.message, { kind: "problem" });
      }
    } else if (button.hasAttribute("data-send")) {
      event.preventDefault();
      act(button);
    }
  }

  function start() {
    if ($("sign-in")) {
      signIn();
      return;
    }
    document.addEventListener("click", onClick);
    document.addEventListener("submit", (event) => {
      if (event.target.hasAttribute("data-send")) {
        event.preventDefault();
        act(event.target);
      } else if (event.target.id === "credential") {
        event.preventDefault();
      }
    });
    document.addEventListener("toggle", (event) => event.target.hasAttribute("data-load") && load(event.target), true);
    for (const held of document.querySelectorAll("[data-hold]")) {
      held.addEventListener("mouseleave", refreshSoon);
      held.addEventListener("focusout", () => setTimeout(() => isHeld(held) || refreshSoon()));
    }
    document.addEventListener("change", (event) => {
      if (event.target.hasAttribute("data-submit") && event.target.form) act(event.target.form);
    });
    document.addEventListener("keydown", (event) => {
      const menu = document.querySelector("details.worlds[open]");
      if (event.key === "Escape" && menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
    const token = $("service-token");
    if (token) {
      token.value = kept.get(SERVICE_TOKEN);
      token.addEventListener("input", () => kept.set(SERVICE_TOKEN, token.value));
    }
    readClock();
    tick();
    setInterval(tick, 200);
    live();
  }

  window.dashboard = { request, send, curl, say, now, words, refresh: refreshSoon, onRefresh: (done) => refreshed.push(done) };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
