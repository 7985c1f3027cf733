/** What others may use of Kelips. */

export { KelipsClient } from './client.ts';
export { viewsComplaint } from './complaint.ts';
export type { FileFound, FileHandler } from './files.ts';
export { idealGroupOf, linkIdealViews } from './ideal-views.ts';
export { Kelips } from './kelips.ts';
export { ALL_GROUPS } from './soft-state.ts';
export { KELIPS_DEFAULTS, type KelipsOptions } from './kelips-options.ts';
export { pointsOf } from './points.ts';
