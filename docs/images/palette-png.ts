/** A screenshot as a PNG of 256 colours, made by ffmpeg: of a page of text nothing is lost that is seen, and more than half of the bytes. */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserPage } from '../../test/interop/peers/browser.ts';

const PALETTE = 'split[all][some];[some]palettegen=max_colors=256:reserve_transparent=0[colours];[all][colours]paletteuse=dither=none';

/** Of what the page shows now. */
export async function takePicture(page: BrowserPage, path: string): Promise<void> {
  const whole = join(tmpdir(), `kith-picture-${process.pid}.png`);
  try {
    await page.driver.screenshot({ path: whole });
    // Rows as they are: filters for photographs make pictures of text larger.
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-y',
      '-i',
      whole,
      '-filter_complex',
      PALETTE,
      '-compression_level',
      '9',
      '-pred',
      'none',
      path,
    ]);
  } finally {
    rmSync(whole, { force: true });
  }
}
