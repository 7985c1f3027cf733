/** Names for what is tapped, and logs of it: `kith/observe`. */

export * from './event-log.ts';
export * from './events.ts';
