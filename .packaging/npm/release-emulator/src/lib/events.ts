/** The stream of a world's events. */

import type { IncomingMessage } from 'node:http';

import type { Clock, RequestEntry, ResourceFamily, Transition } from './types.js';

/** A request without headers and bodies. */
export type RequestSummary = Omit<RequestEntry, 'request' | 'response'>;

/** A change of the rules; a null id stands for all. */
export type RuleChange = { change: 'added' | 'replaced' | 'removed'; id: string | null };

export type EmulatorEvent =
  | { id: number; event: 'request'; data: RequestSummary }
  | { id: number; event: 'transition'; data: Transition }
  | { id: number; event: 'clock'; data: Clock }
  | { id: number; event: 'reset'; data: { to: 'fixtures' | 'empty' } }
  | { id: number; event: 'script' | 'fault'; data: RuleChange }
  | { id: number; event: 'world'; data: { change: 'opened' | 'closed'; name: string } }
  | { id?: never; event: 'missed'; data: { missed: number } };

/** Conditions on a stream. With a family or an id only requests and transitions are streamed. */
export interface EventFilter {
  family?: ResourceFamily | 'iam';
  /** The id of a resource. */
  id?: string;
  /** The number of the last event that is known; absent: the stream begins now. */
  after?: number;
}

/** Events in their order, until the world closes, `close` is called, or a loop over them is left. */
export class EventStream implements AsyncIterable<EmulatorEvent> {
  readonly #response: IncomingMessage;
  #closed = false;

  constructor(response: IncomingMessage) {
    this.#response = response;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<EmulatorEvent, void, void> {
    try {
      let rest = '';
      for await (const chunk of this.#response.setEncoding('utf8')) {
        const blocks = `${rest}${chunk as string}`.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const event = parse(block);
          if (event) yield event;
        }
      }
    } catch (error) {
      // A world that closes ends its streams without ceremony.
      if (!this.#closed && (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#closed = true;
    this.#response.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}

function parse(block: string): EmulatorEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    // A line that begins with a colon keeps the connection open.
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart());
  }
  const [event, data] = [fields.get('event'), fields.get('data')];
  if (event === undefined || data === undefined) return undefined;
  const id = fields.get('id');
  return { ...(id === undefined ? {} : { id: Number(id) }), event, data: JSON.parse(data) as unknown } as EmulatorEvent;
}
