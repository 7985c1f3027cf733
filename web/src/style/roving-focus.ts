/** Many small things that one Tab stops at once for all, and arrows go between: by columns and by rows where there are some. */

import type { Attachment } from 'svelte/attachments';

/** `rowSelector`: what lies below each other. */
export function rovingFocus(itemSelector: string, rowSelector: string): Attachment<HTMLElement> {
  return (element) => {
    const itemsIn = (within: Element): HTMLElement[] => [...within.querySelectorAll<HTMLElement>(itemSelector)];

    const settle = (): void => {
      const items = itemsIn(element);
      const current = items.find((item) => item === document.activeElement) ?? items.find((item) => item.tabIndex === 0) ?? items[0];
      for (const item of items) item.tabIndex = item === current ? 0 : -1;
    };

    const onKeyDown = (event: KeyboardEvent): void => {
      const from = event.target;
      if (!(from instanceof HTMLElement) || !from.matches(itemSelector)) return;
      const to = target(from, event.key);
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      to.focus();
      settle();
    };

    const target = (from: HTMLElement, key: string): HTMLElement | undefined => {
      const row = from.closest(rowSelector);
      if (row === null) return undefined;
      const items = itemsIn(row);
      const at = items.indexOf(from);
      if (key === 'ArrowRight' || key === 'ArrowLeft') return items[at + (key === 'ArrowRight' ? 1 : -1)];
      if (key !== 'ArrowDown' && key !== 'ArrowUp') return undefined;
      const rows = [...element.querySelectorAll(rowSelector)].filter((each) => itemsIn(each).length > 0);
      const beside = rows[rows.indexOf(row) + (key === 'ArrowDown' ? 1 : -1)];
      if (beside === undefined) return undefined;
      const others = itemsIn(beside);
      return others[Math.min(at, others.length - 1)];
    };

    const changed = new MutationObserver(settle);
    changed.observe(element, { childList: true, subtree: true });
    element.addEventListener('keydown', onKeyDown);
    settle();
    return () => {
      changed.disconnect();
      element.removeEventListener('keydown', onKeyDown);
    };
  };
}
