/** The protocol that every host of the conformance suite runs. */

import type { Host, Protocol } from '../../src/core/host.ts';

const ACT = 0xabc;

/** The protocol of every host here: does what a test gives it, each piece in an event of its own. */
export class Script implements Protocol {
  readonly host: Host;
  readonly fired: string[] = [];
  readonly onFire: (() => void)[] = [];
  private readonly acts: ((host: Host) => void)[] = [];

  constructor(host: Host) {
    this.host = host;
  }

  act(run: (host: Host) => unknown): void {
    this.acts.push(run);
    this.host.setTimer(0, ACT, 0);
  }

  start(): void {}

  onTimer(kind: number, arg: number): void {
    if (kind === ACT) {
      this.acts.shift()?.(this.host);
      return;
    }
    this.fired.push(`${kind}:${arg}`);
    this.onFire.shift()?.();
  }

  stop(): void {}

  inspect(): unknown {
    return {};
  }
}
