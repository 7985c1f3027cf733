/** Which page the address names. Owns the place. */

import { type PageName, placeOf } from './places.ts';

class Router {
  place = $state.raw(placeOf(location.pathname));

  constructor() {
    addEventListener('popstate', () => this.#read());
  }

  go(path: string): void {
    if (path !== location.pathname) history.pushState(null, '', path);
    this.#read();
  }

  /** Instead of the present place: going back does not come here again. */
  replace(path: string): void {
    history.replaceState(null, '', path);
    this.#read();
  }

  isAt(name: PageName): boolean {
    return this.place.name === name;
  }

  /** Links between pages are followed here; those that leave, or want a tab of their own, by the browser. */
  onClick(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (link === null || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
    if (placeOf(link.pathname).name === 'nowhere') return;
    event.preventDefault();
    this.go(link.pathname);
  }

  #read(): void {
    this.place = placeOf(location.pathname);
  }
}

export const router = new Router();
