/** What others may use of CAN. */

export { Can, type ZoneWatcher } from './can.ts';
export { CAN_DEFAULTS, type CanOptions } from './can-options.ts';
export { type Claim, isBetter } from './claim.ts';
export { CanClient } from './client.ts';
export { zonesComplaint } from './complaint.ts';
export { placeOfKey } from './find-owners.ts';
export { linkIdealZones } from './ideal-zones.ts';
export { distanceOf } from './neighbour.ts';
export { pointsOf } from './points.ts';
export type { Reality } from './reality.ts';
export { type Point, SIDE, Zone } from './zone.ts';
