/** What others may use of Pastry. */

export { tablesComplaint } from './complaint.ts';
export { PastryClient } from './client.ts';
export { linkIdealTables } from './ideal-tables.ts';
export { Pastry } from './pastry.ts';
export { PASTRY_DEFAULTS, type PastryOptions } from './pastry-options.ts';
export { pointsOf } from './points.ts';
