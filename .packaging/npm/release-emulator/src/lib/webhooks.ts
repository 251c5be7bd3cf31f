/** The webhooks of a world. */

import type { Transport } from './transport.js';
import type { Webhook, WebhookDetail, WebhookRequest } from './types.js';

export class Webhooks {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Adds an address that is told of transitions by POST. */
  async add(webhook: WebhookRequest): Promise<Webhook> {
    return await this.#transport.call('POST', 'webhooks', webhook) as Webhook;
  }

  async list(): Promise<Webhook[]> {
    return (await this.#transport.call('GET', 'webhooks') as { webhooks: Webhook[] }).webhooks;
  }

  /** A webhook with its latest attempts. */
  async show(id: string): Promise<WebhookDetail> {
    return await this.#transport.call('GET', `webhooks/${encodeURIComponent(id)}`) as WebhookDetail;
  }

  async remove(id: string): Promise<void> {
    await this.#transport.call('DELETE', `webhooks/${encodeURIComponent(id)}`);
  }

  /** Removes all. */
  async clear(): Promise<void> {
    await this.#transport.call('DELETE', 'webhooks');
  }
}
