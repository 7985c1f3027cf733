/** Sends files to the node part by part and has them shared; a part that was cut off is sent again. Owns nothing. */

import { ask, Problem } from '../api/ask.ts';
import type { Added, TransferView } from '../api/views.ts';
import type { DroppedFile } from './dropped-files.ts';

/** The node takes 8 MiB. */
const PART_BYTES = 4 << 20;
const TRIES = 4;
const AGAIN_MS = 500;

export interface Sending {
  readonly signal: AbortSignal;
  onSent(bytes: number): void;
}

/** Resolves when it is shared. Rejects with a Problem, or the signal's reason; what was sent then goes. */
export async function shareFiles(files: readonly DroppedFile[], name: string, { signal, onSent }: Sending): Promise<TransferView> {
  const wanted = files.map(({ path, file }) => ({ path, bytes: file.size }));
  const { drop } = await ask<{ drop: string }>('POST', '/drops', { body: { files: wanted }, signal });
  try {
    let sentBytes = 0;
    for (const [number, { file }] of files.entries()) {
      for (let offset = 0; offset < file.size; offset += PART_BYTES) {
        const bytes = file.slice(offset, offset + PART_BYTES);
        await sendPart(`/drops/${drop}/files/${number}?offset=${offset}`, bytes, signal);
        sentBytes += bytes.size;
        onSent(sentBytes);
      }
    }
    return (await ask<Added>('POST', `/drops/${drop}/share`, { body: { name }, signal })).transfer;
  } catch (error) {
    await ask('DELETE', `/drops/${drop}`).catch(() => undefined);
    throw error;
  }
}

async function sendPart(path: string, bytes: Blob, signal: AbortSignal): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await ask('PUT', path, { bytes, type: 'application/octet-stream', signal });
      return;
    } catch (error) {
      // It had come, and only the answer was lost; were it not so, the node would want something else next.
      if (tries > 1 && error instanceof Problem && error.status === 409) return;
      // 0: nobody answered, which may pass.
      if (!(error instanceof Problem) || error.status !== 0 || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * tries));
    }
  }
}
