/** What a person has chosen about the pages, kept by the browser. Owns the choices. */

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

class Preferences {
  theme: Theme = $state(themeOf(localStorage.getItem('kith-theme')));
  /** Single letters as shortcuts (WCAG 2.1.4: they can be turned off). */
  letterKeys = $state(localStorage.getItem('kith-letter-keys') !== 'off');

  setTheme(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem('kith-theme', theme);
    this.apply();
  }

  setLetterKeys(on: boolean): void {
    this.letterKeys = on;
    localStorage.setItem('kith-letter-keys', on ? 'on' : 'off');
  }

  apply(): void {
    document.documentElement.dataset.theme = this.theme;
  }
}

function themeOf(text: string | null): Theme {
  return THEMES.find((theme) => theme === text) ?? 'system';
}

export const preferences = new Preferences();
