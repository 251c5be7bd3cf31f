/** Requests to a control plane, over connections that are kept open between them. */

import * as http from 'node:http';
import * as https from 'node:https';

import { EmulatorError, UnreachableError } from './errors.js';
import type { Problem } from './types.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Values of a query; those that are null or undefined are left out. */
export type Query = Record<string, string | number | boolean | null | undefined>;

/** The control plane of a world. */
export class Transport {
  readonly #agent: http.Agent;
  readonly #module: typeof http | typeof https;
  readonly #token: Record<string, string>;

  constructor(readonly url: string, readonly controlToken?: string) {
    this.#token = controlToken === undefined ? {} : { 'x-emulator-token': controlToken };
    // The modules of Node itself: a test that replaces `fetch`, or the timers that it uses, does not cut this off.
    this.#module = url.startsWith('https:') ? https : http;
    this.#agent = new this.#module.Agent({ keepAlive: true });
  }

  /** Sends a request below `/_emulator/v1/` and returns its answer, or throws its problem. */
  async call(method: Method, path: string, body?: unknown, query?: Query): Promise<unknown> {
    const response = await this.#send(method, withQuery(path, query), body, {});
    const text = await read(response);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw refusal(`${method} ${path}`, status, response.headers, text);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Opens a stream of events, and returns it once it has begun. */
  async stream(path: string, query: Query, headers: Record<string, string>): Promise<http.IncomingMessage> {
    const response = await this.#send('GET', withQuery(path, query), undefined, headers);
    const status = response.statusCode ?? 0;
    if (status >= 400) throw refusal(`GET ${path}`, status, response.headers, await read(response));
    return response;
  }

  /** Closes the connections that are kept open. */
  close(): void {
    this.#agent.destroy();
  }

  #send(method: Method, path: string, body: unknown, headers: Record<string, string>): Promise<http.IncomingMessage> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const json = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const url = `${this.url}/_emulator/v1/${path}`;
    return new Promise((resolve, reject) => {
      const request = this.#module.request(url, { method, agent: this.#agent, headers: { ...this.#token, ...json, ...headers } });
      request.once('response', resolve);
      request.once('error', (error: NodeJS.ErrnoException) => {
        // The emulator has closed an idle connection at this moment, and has not read the request.
        if (request.reusedSocket && error.code === 'ECONNRESET') resolve(this.#send(method, path, body, headers));
        else reject(new UnreachableError(this.url, error));
      });
      request.end(text);
    });
  }
}

async function read(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

function refusal(call: string, status: number, headers: http.IncomingHttpHeaders, text: string): EmulatorError {
  const hint = headers['x-emulator-hint'];
  const told = typeof hint === 'string' ? decode(hint) : undefined;
  let problem: Problem;
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    // Something else answers at this address, such as a proxy.
    problem = { type: 'about:blank', title: http.STATUS_CODES[status] ?? '', status, detail: text.slice(0, 500) };
  }
  return new EmulatorError(call, problem, told);
}

/** A hint is percent-encoded beyond ASCII; it may be cut in the middle of a character. */
function decode(hint: string): string {
  try {
    return decodeURIComponent(hint);
  } catch {
    return hint;
  }
}
