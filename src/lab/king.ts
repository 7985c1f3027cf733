/**
 * Round-trip times between sites that look like the King data set, which kith does not have: name servers all over the world, with the
 * published median of 156 and mean of 178 ms (Li et al., INFOCOM 2005). `docs/lab-models.md` says what is alike and what is not. Owns the
 * matrices made last.
 *
 * A site is a point in one of a few clusters on a plane, and has an access delay. A round trip takes the distance, longer by the detour of
 * that pair's routes, and the access of both ends. Detours are drawn for each pair anew, so that a way over a third site is often shorter.
 */

import { Lru } from '../core/lru.ts';
import { ln, pow } from '../core/portable-math.ts';
import { Random } from '../core/random.ts';
import { NETWORK_STREAM } from './streams.ts';
import { exponential, normal } from './variates.ts';

/** With fewer, some seeds draw sites that no share of access gives both the median and the mean (1 of 130 with 64, none with 128). */
export const KING_SITES_MIN = 128;
/** A matrix of so many takes 34 MB. */
export const KING_SITES_MAX = 4096;
const MEDIAN_MS = 156;
const MEAN_MS = 178;
/** No round trip is shorter. */
const RTT_MS_MIN = 1;

/** Where name servers are: a share of them, and where on a plane whose unit is a millisecond of round trip, before it is scaled. */
interface Cluster {
  readonly share: number;
  readonly x: number;
  readonly y: number;
  /** Deviation of each coordinate. */
  readonly spread: number;
}

const CLUSTERS: readonly Cluster[] = [
  // North America, east and west.
  { share: 0.3, x: 0, y: 0, spread: 22 },
  { share: 0.16, x: 62, y: 12, spread: 12 },
  // Europe.
  { share: 0.3, x: -85, y: -20, spread: 18 },
  // East Asia and Oceania.
  { share: 0.16, x: 150, y: 60, spread: 30 },
  // South America.
  { share: 0.08, x: 20, y: 130, spread: 30 },
];

/** A route is so much longer than the straight line, on average; the excess is exponentially distributed. */
const DETOUR_MEAN = 0.35;
/** Access delays have the shape of a Weibull distribution with a heavy tail: half of them are far below the mean, a few ten times above. */
const ACCESS_SHAPE = 0.6;
/** How finely the share of access delays in the mean is searched for: first these steps, then so many halvings. */
const SHARE_STEPS = 16;
const SHARE_HALVINGS = 12;
/** One-way times are kept in units of this: up to 1.3 s. */
const UNIT_MS = 0.02;
const UNITS_MAX = 0xffff;
const KEPT_MAX = 4;

export interface KingMatrix {
  /** One-way times in units of `unitMs`, row by row, symmetric. Not to be written to. */
  readonly values: Uint16Array;
  readonly unitMs: number;
}

/** Runs of one seed, of which an experiment has many, share the matrix. */
const kept = new Lru<string, KingMatrix>(KEPT_MAX);

export function kingMatrix(sites: number, seed: number): KingMatrix {
  const key = `${sites} sites, seed ${seed}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = new Sites(sites, new Random(seed, NETWORK_STREAM)).matrix();
  kept.set(key, made);
  return made;
}

class Sites {
  private readonly count: number;
  /** Access delays, and what the routes of each pair take, in units that are not yet milliseconds; mean 1 over all pairs. */
  private readonly access: Float64Array;
  private readonly routes: Float64Array;

  constructor(count: number, random: Random) {
    this.count = count;
    this.access = accessDelays(count, random);
    this.routes = routeDelays(count, random);
  }

  matrix(): KingMatrix {
    const share = this.accessShare();
    const values = new Uint16Array(this.count * this.count);
    this.eachPair(share, (a, b, rtt) => {
      const units = Math.min(UNITS_MAX, Math.round(Math.max(RTT_MS_MIN, rtt) / 2 / UNIT_MS));
      values[a * this.count + b] = units;
      values[b * this.count + a] = units;
    });
    return { values, unitMs: UNIT_MS };
  }

  /**
   * The share of the mean that is access, so that the median is right: the more access, whose tail is heavy, the further the median is
   * below the mean. The mean is right for any share.
   */
  private accessShare(): number {
    let step = SHARE_STEPS - 1;
    while (step > 0 && this.isMedianBelow(step / SHARE_STEPS)) step--;
    let [low, high] = [step / SHARE_STEPS, (step + 1) / SHARE_STEPS];
    for (let halving = 0; halving < SHARE_HALVINGS; halving++) {
      const middle = (low + high) / 2;
      if (this.isMedianBelow(middle)) high = middle;
      else low = middle;
    }
    return low;
  }

  private isMedianBelow(share: number): boolean {
    let below = 0;
    this.eachPair(share, (_a, _b, rtt) => {
      if (rtt < MEDIAN_MS) below++;
    });
    return below > this.routes.length / 2;
  }

  private eachPair(share: number, visit: (a: number, b: number, rttMs: number) => void): void {
    const [ofAccess, ofRoutes] = [(MEAN_MS * share) / 2, MEAN_MS * (1 - share)];
    let pair = 0;
    for (let a = 0; a < this.count; a++) {
      const access = this.access[a] as number;
      for (let b = a + 1; b < this.count; b++) {
        visit(a, b, ofRoutes * (this.routes[pair++] as number) + ofAccess * (access + (this.access[b] as number)));
      }
    }
  }
}

/**
 * The quantiles of the distribution, one for each site, in random order: what is drawn is who has which, so that small matrices are as
 * heavy-tailed as large ones, and all seeds alike.
 */
function accessDelays(count: number, random: Random): Float64Array {
  const delays = Array.from({ length: count }, (_, site) => pow(-ln(1 - (site + 0.5) / count), 1 / ACCESS_SHAPE));
  return ofMeanOne(Float64Array.from(random.shuffle(delays)));
}

function routeDelays(count: number, random: Random): Float64Array {
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  for (let site = 0; site < count; site++) {
    const cluster = clusterOf((site + 0.5) / count);
    x[site] = cluster.x + cluster.spread * normal(random);
    y[site] = cluster.y + cluster.spread * normal(random);
  }
  const delays = new Float64Array((count * (count - 1)) / 2);
  let pair = 0;
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      const dx = (x[a] as number) - (x[b] as number);
      const dy = (y[a] as number) - (y[b] as number);
      delays[pair++] = Math.sqrt(dx * dx + dy * dy) * (1 + DETOUR_MEAN * exponential(random));
    }
  }
  return ofMeanOne(delays);
}

/** The cluster at a quantile of the sites, as they follow each other. */
function clusterOf(quantile: number): Cluster {
  let above = quantile;
  for (const cluster of CLUSTERS) {
    above -= cluster.share;
    if (above < 0) return cluster;
  }
  return CLUSTERS[CLUSTERS.length - 1] as Cluster;
}

function ofMeanOne(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value / mean);
}
