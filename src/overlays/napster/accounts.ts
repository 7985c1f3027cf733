/** Who may use a nick. On a node a file with hashed passwords (`node/napster-accounts.ts`), in the simulator a list. Owns no state. */

export interface AccountCheck {
  /** unknown: nobody has that nick. In a later event. */
  onChecked(result: 'right' | 'wrong' | 'unknown'): void;
}

export interface AccountMade {
  /** False: it was taken meanwhile, or there is no room for more. In a later event. */
  onMade(ok: boolean): void;
}

export interface AccountBook {
  check(nick: string, password: string, check: AccountCheck): void;
  make(nick: string, password: string, email: string, made: AccountMade): void;
  /** Whether the nick is somebody's; told at once. */
  has(nick: string): boolean;
  changePassword(nick: string, password: string): void;
}

/** Letters, digits and what the first server allowed, without what later ones gave a meaning. */
const NICK = /^[A-Za-z0-9_[\]{}\-@^$]{1,32}$/;

export function isNick(text: string): boolean {
  return NICK.test(text);
}

/** Nicks are the same in either case. */
export function nickKey(nick: string): string {
  return nick.toLowerCase();
}
