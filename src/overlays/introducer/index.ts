/** What others may use of introducers. */

export { INTRODUCER_DEFAULTS, type IntroducedNet, type IntroducerOptions } from './introducer-options.ts';
export { Introducer, type IntroducerInspection, type KeptMember } from './introducer.ts';
export { INTRODUCERS_MAX, Introducers, type IntroducersListener } from './introducers.ts';
