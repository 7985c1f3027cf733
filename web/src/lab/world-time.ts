/** Virtual time in words, and the speeds that are offered. Owns no state. */

/** Virtual for each real second. */
export const SPEEDS = [0.1, 1, 5, 20, 100] as const;

/** `1:02:03.4`, without hours where there are none. */
export function timeText(ms: number): string {
  const seconds = ms / 1000;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = (Math.floor((seconds % 60) * 10) / 10).toFixed(1).padStart(4, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

export function speedText(speed: number): string {
  return `${speed < 1 ? speed.toFixed(1) : Math.round(speed)} ×`;
}
