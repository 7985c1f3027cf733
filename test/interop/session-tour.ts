/** Once round all pages as a person goes: what a long session repeats. It ends where it began, with everything closed, so that two rounds can be compared. */

import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BrowserPage } from './peers/browser.ts';
import { rowOf } from './peers/node-pages.ts';
import { until } from './peers/process-group.ts';
import { WORDS } from './session-nodes.ts';

const WAIT_MS_MAX = 60_000;
const EXPERIMENT = 'xor-path-length';

export interface TourOptions {
  /** An item that another node fetches meanwhile. */
  readonly item: string;
  /** How long each page is looked at. */
  readonly lookMs: number;
  /** Whether an experiment is run: a process of its own that computes. */
  readonly experiment: boolean;
}

export class SessionTour {
  readonly #page: BrowserPage;
  readonly #driver: BrowserPage['driver'];
  readonly #options: TourOptions;
  #rounds = 0;

  constructor(page: BrowserPage, options: TourOptions) {
    this.#page = page;
    this.#driver = page.driver;
    this.#options = options;
  }

  async round(): Promise<void> {
    this.#rounds++;
    await this.#transfers();
    await this.#item();
    await this.#player();
    await this.#search();
    await this.#networks();
    await this.#world();
    if (this.#options.experiment) await this.#experiment();
    await this.#node();
    await this.#palette();
    await this.#goTo('Transfers', 'Transfers');
    await this.#driver.getByRole('grid', { name: 'Transfers' }).waitFor();
  }

  async #transfers(): Promise<void> {
    await this.#goTo('Transfers', 'Transfers');
    const grid = this.#driver.getByRole('grid', { name: 'Transfers' });
    await grid.focus();
    for (const key of ['PageDown', 'PageDown', 'End', 'PageUp', 'Home']) await this.#press(key);
    await this.#driver.mouse.move(700, 500);
    for (let turn = 0; turn < 8; turn++) await this.#driver.mouse.wheel(0, turn < 5 ? 900 : -1_500);
    await this.#look();
    await this.#filter('item 01');
    await rowOf(this.#page, 'item 010').waitFor();
    await this.#filter('');
    for (const group of [/^seeding/i, /^all/i]) await this.#driver.getByRole('button', { name: group }).click();
    for (const column of ['Size', 'Name']) await this.#driver.getByRole('button', { name: column, exact: true }).first().click();
    await grid.focus();
    await this.#press('j', 'Space');
    await this.#driver.getByText('1 selected').waitFor();
    for (const key of ['l', 'Delete']) await this.#dialog(key);
    await this.#press('Escape');
  }

  async #item(): Promise<void> {
    await this.#filter(this.#options.item);
    await rowOf(this.#page, 'item 010').waitFor({ state: 'hidden' });
    await rowOf(this.#page, this.#options.item).locator('a').click();
    await this.#driver.getByRole('tab', { name: /Peers/ }).waitFor();
    for (const key of ['1', '3', '4']) {
      await this.#press(key);
      await this.#look();
    }
  }

  async #player(): Promise<void> {
    await this.#press('2');
    await this.#driver.getByRole('link', { name: /^Play / }).click();
    await this.#driver.locator('audio').waitFor();
    await this.#driver.evaluate(`(() => {
      const sound = document.querySelector('audio');
      sound.muted = true;
      return sound.play();
    })()`);
    await until('sound', WAIT_MS_MAX, async () => Number(await this.#driver.evaluate(`document.querySelector('audio').currentTime`)) > 0.2);
    await this.#press('k');
    await this.#look();
    await this.#goTo('Transfers', 'Transfers');
    await this.#filter('');
  }

  async #search(): Promise<void> {
    await this.#goTo('Search', 'Search');
    // Before it is known which networks there are nothing can be searched.
    await this.#driver.getByRole('button', { name: /^napster/ }).waitFor();
    const words = WORDS[this.#rounds % WORDS.length] ?? '';
    // Once it is in the index: who searches too early finds nothing, and is told so.
    await until('the file in the index', WAIT_MS_MAX, async () => {
      await this.#press('/');
      await this.#driver.getByRole('searchbox').fill(words);
      await this.#press('Enter');
      await this.#driver.getByText(new RegExp(`“${words}”: .* found in`)).waitFor();
      return (await this.#driver.getByRole('button', { name: /^Get .*Walrus/ }).count()) === 1;
    });
    await this.#press('j', 'i');
    await this.#driver
      .getByText(/can be dialled|has to be called/)
      .first()
      .waitFor();
    await this.#look();
    await this.#press('i');
  }

  async #networks(): Promise<void> {
    await this.#goTo('Networks', 'Networks');
    await this.#driver.getByRole('link', { name: 'Napster' }).click();
    await this.#driver.getByRole('heading', { name: 'Napster' }).waitFor();
    await this.#look();
    await this.#goTo('Networks', 'Networks');
    await this.#driver.getByRole('link', { name: 'The DHT of the node' }).click();
    await this.#driver.getByRole('textbox', { name: 'Key' }).fill(randomBytes(20).toString('hex'));
    await this.#driver.getByRole('button', { name: 'Look up' }).click();
    await this.#driver.getByText('is responsible for').waitFor();
    await this.#driver.getByRole('button', { name: 'Next hop' }).click();
    await this.#driver.getByText(/Step 1 of/).waitFor();
    await this.#look();
    await this.#press('Escape');
  }

  /** Made, played, broken, looked into, forked and ended. */
  async #world(): Promise<void> {
    await this.#driver.getByRole('button', { name: 'Make a world of Chord' }).click();
    await this.#driver
      .getByText(/All is as it should be/)
      .first()
      .waitFor();
    await this.#driver.getByRole('button', { name: 'Play', exact: true }).click();
    await this.#driver.getByRole('button', { name: 'Crash 30%' }).click();
    await this.#driver.getByText(/30 nodes crashed/).waitFor();
    await this.#driver.getByRole('button', { name: /Look up from/ }).click();
    await this.#driver.getByText(/right, \d+ hops|found nobody|, not \d+, \d+ hops/).waitFor();
    await this.#driver.getByText('Nodes as a table').click();
    await this.#driver.getByRole('button', { name: 'Show' }).first().click();
    await this.#look();
    await this.#driver.getByRole('button', { name: 'Fork it' }).click();
    await this.#driver.getByRole('heading', { name: /Two futures of Chord/ }).waitFor();
    await this.#driver.getByText(/Forked at/).waitFor();
    await this.#driver.getByRole('button', { name: 'Play', exact: true }).click();
    await this.#look();
    await this.#driver.getByRole('button', { name: 'Pause' }).click();
    await this.#driver.getByRole('button', { name: 'End it' }).first().click();
    await this.#driver.getByRole('heading', { name: /^Chord, 100 nodes/ }).waitFor();
    await this.#driver.getByRole('button', { name: 'End it' }).click();
    await this.#driver.getByRole('heading', { name: 'Lab', exact: true }).waitFor();
  }

  async #experiment(): Promise<void> {
    await this.#goTo('Lab', 'Lab');
    await this.#driver.getByRole('searchbox', { name: 'Filter' }).fill(EXPERIMENT);
    // Another size each time: what is done already would not be run again.
    await this.#driver.getByRole('textbox', { name: 'Other values' }).fill(`nodes=16,${16 + this.#rounds}`);
    await this.#driver
      .getByRole('button', { name: /^Quick/ })
      .first()
      .click();
    await this.#driver.getByRole('button', { name: 'Stop' }).waitFor();
    await this.#driver.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden' });
  }

  async #node(): Promise<void> {
    await this.#goTo('Node', 'Doctor');
    await this.#driver.getByRole('heading', { name: 'Settings' }).waitFor();
    await this.#look();
  }

  async #palette(): Promise<void> {
    await this.#press('Control+k');
    await this.#driver.keyboard.type('theme light');
    for (const word of ['doctor', 'go to']) {
      await this.#driver.getByRole('combobox').fill(word);
      await this.#press('ArrowDown', 'ArrowDown', 'ArrowUp');
    }
    await this.#closeDialog();
    await this.#dialog('?');
  }

  async #filter(words: string): Promise<void> {
    await this.#driver.getByRole('searchbox', { name: /Filter/ }).fill(words);
  }

  async #goTo(link: string, heading: string): Promise<void> {
    await this.#driver.getByRole('link', { name: link, exact: true }).first().click();
    await this.#driver.getByRole('heading', { name: heading, exact: true }).first().waitFor();
  }

  /** Again where the key came before the page was ready for it: while a dialog is still closing it takes none. */
  async #dialog(key: string): Promise<void> {
    await until(`the dialog of ${key}`, WAIT_MS_MAX, async () => {
      if ((await this.#driver.getByRole('dialog').count()) > 0) return true;
      await this.#press(key);
      return false;
    });
    await this.#closeDialog();
  }

  async #closeDialog(): Promise<void> {
    await this.#press('Escape');
    await this.#driver.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  async #press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#driver.keyboard.press(key);
  }

  async #look(): Promise<void> {
    await pause(this.#options.lookMs);
  }
}
