// A page that does what its job says, and reports what it could read.
'use strict';

/** The longest wait for one way to call. */
const LONGEST_MS = 3_000;

/** The calls that are tried at once. */
const AT_ONCE = 12;

const results = [];

/** Notes what one way to call could read; nothing if it fails or takes too long. */
async function attempt(how, call, work) {
  const late = new Promise((resolve) => setTimeout(() => resolve(null), LONGEST_MS));
  let read = null;
  try {
    read = await Promise.race([work(), late]);
  } catch {
    // The browser keeps the answer from the page.
  }
  results.push({ how, method: call.method, path: call.path, read: read || null });
}

const own = async (path, body) => await fetch(path, { method: body ? 'POST' : 'GET', body });

/** The bodies that a page can send, by the content type that the browser gives them. */
function bodies(call) {
  if (call.method === 'GET') return { none: [undefined] };
  const text = JSON.stringify(call.body ?? {});
  const form = new FormData();
  form.append(text, '');
  return {
    json: [text, { 'Content-Type': 'application/json' }],
    plain: [text],
    untyped: [new Blob([text])],
    urlencoded: [new URLSearchParams([[text, '']])],
    multipart: [form],
    none: [undefined],
  };
}

function byFetch(base, call) {
  return Object.entries(bodies(call)).flatMap(([kind, [body, headers]]) => {
    const cors = () => fetch(base + call.path, { method: call.method, body, headers }).then((answer) => answer.text());
    const noCors = () => fetch(base + call.path, { method: call.method, body, mode: 'no-cors', credentials: 'include' })
      .then((answer) => answer.text());
    return [
      attempt(`fetch, ${kind}`, call, cors),
      ...(['GET', 'POST'].includes(call.method) ? [attempt(`fetch without cors, ${kind}`, call, noCors)] : []),
    ];
  });
}

function byRequest(base, call) {
  return attempt('XMLHttpRequest', call, () => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.onload = () => resolve(request.responseText);
    request.onerror = reject;
    request.open(call.method, base + call.path);
    request.send(call.method === 'GET' ? undefined : JSON.stringify(call.body ?? {}));
  }));
}

function byBeacon(base, call) {
  return attempt('beacon', call, async () => {
    navigator.sendBeacon(base + call.path, JSON.stringify(call.body ?? {}));
  });
}

/** A hidden element, and the text of its document if the page may see it. */
function byElement(how, name, attribute, base, call) {
  return attempt(how, call, () => new Promise((resolve, reject) => {
    const element = document.createElement(name);
    element.onload = () => resolve(name === 'script' ? 'it ran' : element.contentDocument?.body?.innerText);
    element.onerror = reject;
    if (name === 'link') element.rel = 'stylesheet';
    element[attribute] = base + call.path;
    document.body.append(element);
  }));
}

/** A form that goes into a frame. As text, its name and value make the JSON `{"…":"…","message":"="}`. */
function byForm(enctype, base, call) {
  return attempt(`form, ${enctype}`, call, () => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.name = `frame-${Math.random()}`;
    const form = document.createElement('form');
    Object.assign(form, { action: base + call.path, method: 'post', enctype, target: frame.name });
    const input = document.createElement('input');
    const text = JSON.stringify(call.body ?? {});
    input.name = text === '{}' ? '{"message":"' : `${text.slice(0, -1)},"message":"`;
    input.value = '"}';
    form.append(input);
    document.body.append(frame, form);
    frame.onload = () => {
      // The first load is that of the empty frame.
      const shown = frame.contentDocument;
      if (shown === null || shown.URL !== 'about:blank') resolve(shown?.body?.innerText);
    };
    form.submit();
  }));
}

function bySocket(base, call) {
  return attempt('WebSocket', call, () => new Promise((resolve, reject) => {
    const socket = new WebSocket(base.replace(/^http/, 'ws') + call.path);
    socket.onopen = () => resolve('open');
    socket.onerror = reject;
  }));
}

function byEvents(base, call) {
  return attempt('EventSource', call, () => new Promise((resolve, reject) => {
    const source = new EventSource(base + call.path);
    source.onopen = () => resolve('open');
    source.onerror = () => {
      source.close();
      reject(new Error('closed'));
    };
  }));
}

/** A frame without an origin, whose requests say `Origin: null`. */
function fromSandbox(base, call) {
  return attempt('sandboxed frame', call, () => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.sandbox = 'allow-scripts allow-forms';
    const { method, body } = call;
    const options = method === 'GET' ? { method } : { method, body: JSON.stringify(body ?? {}) };
    const given = JSON.stringify([base + call.path, options]).replaceAll('<', '\\u003c');
    frame.srcdoc = `<script>(async () => {
      const [url, options] = ${given};
      const text = await fetch(url, options).then((answer) => answer.text(), () => '');
      parent.postMessage([url, options.method, text], '*');
    })()</script>`;
    window.addEventListener('message', ({ data: [url, sent, text] }) => {
      if (url === base + call.path && sent === method) resolve(text);
    });
    document.body.append(frame);
  }));
}

/** Tries every call in every way that a page has. */
async function attack({ changes, reads, base: given }) {
  const base = given || location.origin;
  const elements = [['image', 'img', 'src'], ['script', 'script', 'src'], ['style sheet', 'link', 'href'],
    ['frame', 'iframe', 'src'], ['object', 'object', 'data']];
  const every = (call) => {
    const as = { ...call, method: 'GET' };
    return [
      ...(call.path.endsWith('/events') ? [] : [...byFetch(base, call), byRequest(base, call), fromSandbox(base, call)]),
      ...elements.map(([how, name, attribute]) => byElement(how, name, attribute, base, as)),
      byEvents(base, as),
      ...(call.method === 'POST' ? [byBeacon(base, call)] : []),
      ...(call.method === 'GET' ? [] : ['text/plain', 'multipart/form-data', 'application/x-www-form-urlencoded']
        .map((enctype) => byForm(enctype, base, { ...call, method: 'POST' }))),
    ];
  };
  const calls = [...changes, ...reads];
  // A browser delays these, once some have failed.
  const sockets = calls.map((call) => bySocket(base, { ...call, method: 'GET' }));
  while (calls.length > 0) await Promise.all(calls.splice(0, AT_ONCE).flatMap(every));
  await Promise.all(sockets);
}

/** Uses the control plane and a service as an app does that is let in. */
async function use({ changes, reads, base }) {
  for (const call of changes) {
    const ids = await (await own('/~/prepare')).json();
    const path = call.path.replace(/webhook-\d+/, ids.webhooks);
    const headers = { 'Content-Type': 'application/json' };
    const body = call.body === null ? undefined : JSON.stringify(call.body);
    await attempt('use', call, async () => {
      const answer = await fetch(base + path, { method: call.method, headers: body && headers, body });
      return `${answer.status} ${answer.headers.get('x-request-id')?.length}`;
    });
  }
  const ids = await (await own('/~/prepare')).json();
  for (const call of reads.filter(({ path }) => !path.endsWith('/events'))) {
    await attempt('use', call, async () => {
      const answer = await fetch(base + call.path.replace(/webhook-\d+/, ids.webhooks));
      return `${answer.status} ${(await answer.text()).length > 0}`;
    });
  }
  const events = { method: 'GET', path: '/_emulator/v1/events' };
  await attempt('use', events, () => new Promise((resolve) => {
    const source = new EventSource(base + events.path);
    source.addEventListener('clock', ({ data }) => resolve(JSON.parse(data).mode));
    source.onopen = () => fetch(`${base}/_emulator/v1/clock/advance`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"ms":1000}',
    });
  }));
}

/** Calls a service. */
async function serve({ base }) {
  const call = { method: 'POST', path: '/v3/p1/pipeline/pipelines' };
  const body = JSON.stringify({ name: 'shop', model_version: 2, config_mode: 'ui', stages: [{ name: 's', tasks: [{ name: 't' }] }] });
  const headers = { 'X-Auth-Token': 'any', 'Content-Type': 'application/json' };
  await attempt('service', call, async () => {
    const answer = await fetch(base + call.path, { method: call.method, headers, body });
    return `${answer.status} ${answer.headers.get('x-emulator-evidence')}`;
  });
  await attempt('refusal', call, async () => {
    const answer = await fetch(base + call.path, { method: 'GET' });
    return `${answer.status} ${answer.headers.get('x-emulator-hint') !== null}`;
  });
}

/** Follows a link, or shows a frame. */
async function follow({ link, frame }) {
  if (frame) {
    const element = document.createElement('iframe');
    element.src = frame;
    await new Promise((resolve) => {
      element.onload = resolve;
      document.body.append(element);
    });
  } else {
    const element = document.createElement('a');
    element.href = link;
    document.body.append(element);
    // Once the report is sent: the page is left.
    setTimeout(() => element.click(), 100);
  }
}

async function main() {
  const job = await (await own('/~/job')).json();
  await { attack, use, serve, follow }[job.do](job);
  await own('/~/report', JSON.stringify(results));
}

main().catch((error) => own('/~/report', JSON.stringify([{ how: `broken: ${error.stack}` }])));
