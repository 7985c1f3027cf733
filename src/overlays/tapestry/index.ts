/** What others may use of Tapestry. */

export { meshComplaint } from './complaint.ts';
export { TapestryClient } from './client.ts';
export { linkIdealMesh } from './ideal-mesh.ts';
export type { LocateHandler, LocateResult } from './locate.ts';
export { pointsOf } from './points.ts';
export type { PublishHandler, PublishResult } from './publish.ts';
export { Tapestry } from './tapestry.ts';
export { TAPESTRY_DEFAULTS, type TapestryOptions } from './tapestry-options.ts';
