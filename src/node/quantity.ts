/** Sizes, rates and durations as people write and read them; decimal units (1 MB = 10⁶ B) unless written KiB, MiB; owns no state. */

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/** `1500`, `2MB`, `1.5 MiB`, `500k/s`: bytes (per second), or null when it is none of these. */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]{0,3})(?:\/s|ps)?\s*$/i.exec(text);
  if (match === null) return null;
  const unit = UNITS[(match[2] as string).toLowerCase()];
  if (unit === undefined) return null;
  const bytes = Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A piece length: as above, but plain k and M count in powers of two, since a piece length is one. Null when it is no power of two. */
export function parsePieceBytes(text: string): number | null {
  const bytes = parseBytes(text.replace(/^(\s*[\d.]+\s*)([kmg])b?\s*$/i, '$1$2ib'));
  return bytes !== null && bytes >= PIECE_BYTES_MIN && bytes <= PIECE_BYTES_MAX && Number.isInteger(Math.log2(bytes)) ? bytes : null;
}

/** One block, and the largest piece that common programs accept. */
const PIECE_BYTES_MIN = 16 * 1024;
const PIECE_BYTES_MAX = 64 * 1024 * 1024;

/** `90`, `90s`, `5m`, `1h`: seconds, or null. */
export function parseSeconds(text: string): number | null {
  const match = /^\s*(\d{1,9}(?:\.\d{1,3})?)\s*(s|m|h|d)?\s*$/.exec(text);
  if (match === null) return null;
  return Number(match[1]) * { s: 1, m: 60, h: 3600, d: 86400 }[(match[2] ?? 's') as 's' | 'm' | 'h' | 'd'];
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = -1;
  while (value >= 999.5 && unit < 4) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${['kB', 'MB', 'GB', 'TB', 'PB'][unit]}`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** Powers of two, for piece lengths: `256 KiB`. */
export function formatPieceBytes(bytes: number): string {
  return bytes >= 2 ** 20 && bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20} MiB` : bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} B`;
}

export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return both(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86_400) return both(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return both(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

function both(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** `1 peer`, `2 peers`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
