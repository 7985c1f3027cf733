/** A canvas that is as sharp as its screen, is drawn anew when its size or the colours change, and knows the colours of the page. */

import type { Attachment } from 'svelte/attachments';

export interface Surface {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** What `--name` is now. */
  colour(name: string): string;
}

/** Asked for once: a browser keeps what it has parsed of each question for as long as the page lives. */
const COLOURS_CHANGE = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'].map((query) =>
  matchMedia(query),
);

/** What `draw` reads of the state is what it is drawn anew for. */
export function canvasSurface(draw: (surface: Surface) => void): Attachment<HTMLCanvasElement> {
  return (canvas) => {
    const paint = (): void => {
      const { clientWidth: width, clientHeight: height } = canvas;
      const scale = devicePixelRatio;
      const [pixelsAcross, pixelsDown] = [Math.round(width * scale), Math.round(height * scale)];
      if (canvas.width !== pixelsAcross) canvas.width = pixelsAcross;
      if (canvas.height !== pixelsDown) canvas.height = pixelsDown;
      const context = canvas.getContext('2d');
      if (context === null || width === 0) return;
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      const style = getComputedStyle(canvas);
      draw({ context, width, height, colour: (name) => style.getPropertyValue(`--${name}`) });
    };
    // What is drawn anew for another reason than the state: counted, so that there is one place that draws.
    let looks = $state(0);
    const again = (): void => void looks++;
    const resized = new ResizeObserver(again);
    resized.observe(canvas);
    const recoloured = new MutationObserver(again);
    recoloured.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    for (const query of COLOURS_CHANGE) query.addEventListener('change', again);
    // An effect of its own: what watches the canvas stays while it is drawn, many times a second.
    $effect(() => {
      void looks;
      paint();
    });
    return () => {
      resized.disconnect();
      recoloured.disconnect();
      for (const query of COLOURS_CHANGE) query.removeEventListener('change', again);
    };
  };
}
