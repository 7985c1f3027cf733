/** Somebody who is here, or at a server that is linked to this one: what others may be told of him, and how he is spoken to. */

export interface User {
  readonly nick: string;
  /** The four bytes of his address as a number, as messages have it. */
  readonly ip: number;
  /** 0: nobody can connect to him, he can only send files out by himself. */
  readonly dataPort: number;
  readonly linkSpeed: number;
  say(type: number, text?: string): void;
  notice(text: string): void;
}
