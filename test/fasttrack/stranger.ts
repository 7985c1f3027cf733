/** Somebody who speaks FastTrack's frames and says what a test has him say, whatever the rules are; keeps what he hears. */

import type { Endpoint, Host, Protocol } from '../../src/core/host.ts';
import type { SessionMessage } from '../../src/overlays/fasttrack/messages.ts';
import { helloFrames } from '../../src/overlays/fasttrack/opening.ts';
import { Session, type SessionHolder } from '../../src/overlays/fasttrack/session.ts';

const SILENT = { onOpen() {}, onMessage() {}, onBulk() {}, onDrain() {}, onEnd() {}, onClose() {} };

export class Stranger implements Protocol, SessionHolder {
  readonly host: Host;
  readonly heard: SessionMessage[] = [];
  readonly #to: Endpoint;
  readonly #network: string;
  session: Session | null = null;
  gone = false;

  constructor(host: Host, to: Endpoint, network = 'KaZaA') {
    this.host = host;
    this.#to = to;
    this.#network = network;
  }

  start(): void {
    // He can be dialled, and says nothing then.
    this.host.listen(helloFrames, { onConnection: () => SILENT });
    this.session = Session.dial(this.host, this.#network, this.#to, this);
  }

  say(message: SessionMessage): void {
    this.session?.send(message);
  }

  /** The bodies of what he was told with that type. */
  of<T extends SessionMessage['type']>(type: T): Extract<SessionMessage, { readonly type: T }>[] {
    return this.heard.filter((message): message is Extract<SessionMessage, { readonly type: T }> => message.type === type);
  }

  onReady(): void {}
  onRoom(): void {}
  onMessage(_session: Session, message: SessionMessage): void {
    this.heard.push(message);
  }

  onGone(): void {
    this.gone = true;
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return null;
  }
}
