/** Why the choker serves a peer or does not: a short code for programs and its sentence for people; owns no state. */

export const CHOKE_REASONS = {
  new: 'not interested yet',
  'wants-nothing': 'wants nothing',
  'free-slot': 'a slot was free',
  'waits-for-slot': 'waiting for a free slot',
  'tit-for-tat': 'tit for tat: among those that send us most',
  optimistic: 'optimistic unchoke',
  ahead: 'sends us much, may begin at any time',
  snubbed: 'choked: it snubs us',
  'others-send-more': 'choked: others send us more',
  'fast-taker': 'seeding: among the fastest takers',
  turn: 'seeding: its turn',
  'nobody-waits': 'seeding: nobody else waits',
  'waits-for-turn': 'waiting for its turn',
  'had-turn': 'has had its turn',
  'web-seed': 'a web seed takes nothing',
} as const;

export type ChokeReason = keyof typeof CHOKE_REASONS;
