/** A question for a sign of life; the table learns of the answer, and whoever asked that it is over. */

import type { Endpoint } from '../../core/host.ts';
import type { Contact } from './contact.ts';
import type { KrpcQuery } from './krpc-messages.ts';
import type { Network } from './network.ts';
import { Question } from './question.ts';

export class Ping extends Question {
  private readonly over: () => void;

  constructor(network: Network, to: Contact | Endpoint, over: () => void) {
    super(network, to);
    this.over = over;
  }

  protected request(transaction: string): KrpcQuery {
    return { kind: 'query', method: 'ping', ...this.network.node.head(transaction) };
  }

  protected answered(): void {
    this.over();
  }

  protected silent(): void {
    this.over();
  }
}
