/** What others may use of the tracker. */

export { Tracker, type TrackerInspection } from './tracker.ts';
export { ADMIT_ALL, AdmitListed, TRACKER_DEFAULTS, type TrackerOptions, type TrackerPolicy } from './tracker-options.ts';
