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
    const resized = new ResizeObserver(paint);
    resized.observe(canvas);
    const recoloured = new MutationObserver(paint);
    recoloured.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const media = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'].map((query) => matchMedia(query));
    for (const query of media) query.addEventListener('change', paint);
    paint();
    return () => {
      resized.disconnect();
      recoloured.disconnect();
      for (const query of media) query.removeEventListener('change', paint);
    };
  };
}
