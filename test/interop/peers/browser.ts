/**
 * Debian's Chromium with pages of its own, driven by playwright-core; owns the browser. What a page asks of anybody but its own origin, and
 * what it complains of (errors, violations of its policy), is kept for the test to look at.
 */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findProgram } from './process-group.ts';

const PACKAGES = ['playwright-core', 'axe-core'].map((name) => fileURLToPath(new URL(`node_modules/${name}/`, import.meta.url)));
const [PLAYWRIGHT, AXE] = PACKAGES as [string, string];
/** Of WCAG 2.2 AA, and what else axe knows to be good. */
const AXE_RUN = `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`;
/** A busy machine draws late. */
const WAIT_MS_MAX = 30_000;

/** As much of playwright's as is used here; it is no dependency of kith, so that its types are not there. */
export interface Locator {
  click(options?: { readonly modifiers?: readonly string[]; readonly force?: boolean }): Promise<void>;
  boundingBox(): Promise<{ readonly x: number; readonly y: number; readonly width: number; readonly height: number } | null>;
  count(): Promise<number>;
  fill(text: string): Promise<void>;
  focus(): Promise<void>;
  first(): Locator;
  last(): Locator;
  getAttribute(name: string): Promise<string | null>;
  getByRole(role: string, options?: { readonly name?: string | RegExp; readonly exact?: boolean }): Locator;
  getByText(text: string | RegExp, options?: { readonly exact?: boolean }): Locator;
  hover(): Promise<void>;
  innerText(): Promise<string>;
  inputValue(): Promise<string>;
  locator(selector: string): Locator;
  nth(place: number): Locator;
  selectOption(value: string): Promise<unknown>;
  setInputFiles(files: unknown): Promise<void>;
  waitFor(options?: { readonly state?: 'visible' | 'hidden' | 'attached' }): Promise<void>;
}

/** Chromium's own protocol. */
export interface Session {
  send(method: 'HeapProfiler.collectGarbage'): Promise<unknown>;
  send(method: 'Performance.enable', options: { readonly timeDomain: 'threadTicks' }): Promise<unknown>;
  send(method: 'Performance.getMetrics'): Promise<{ readonly metrics: readonly { readonly name: string; readonly value: number }[] }>;
}

interface PlaywrightPage extends Pick<Locator, 'locator'> {
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  readonly mouse: {
    down(): Promise<void>;
    move(x: number, y: number): Promise<void>;
    up(): Promise<void>;
    wheel(x: number, y: number): Promise<void>;
  };
  close(): Promise<void>;
  context(): { newCDPSession(page: PlaywrightPage): Promise<Session> };
  dispatchEvent(selector: string, type: string, init: object): Promise<void>;
  emulateMedia(media: {
    readonly colorScheme?: 'light' | 'dark';
    readonly forcedColors?: 'active' | 'none';
    readonly reducedMotion?: 'reduce';
  }): Promise<void>;
  evaluate(script: string): Promise<unknown>;
  evaluateHandle(script: string): Promise<object>;
  getByRole(role: string, options?: { readonly name?: string | RegExp; readonly exact?: boolean }): Locator;
  getByText(text: string | RegExp, options?: { readonly exact?: boolean }): Locator;
  goto(url: string): Promise<unknown>;
  on(event: string, listener: (value: never) => void): void;
  reload(): Promise<unknown>;
  route(url: string, answer: (route: PlaywrightRoute) => Promise<void>): Promise<void>;
  screenshot(options: { readonly path: string }): Promise<unknown>;
  setDefaultTimeout(ms: number): void;
  setViewportSize(size: { readonly width: number; readonly height: number }): Promise<void>;
  url(): string;
}

/** A request that the test answers itself. */
interface PlaywrightRoute {
  fulfill(answer: { readonly contentType: string; readonly body: string }): Promise<void>;
}

interface PlaywrightBrowser {
  newContext(options: object): Promise<{ newPage(): Promise<PlaywrightPage> }>;
  close(): Promise<void>;
}

export function browserMissing(): string | null {
  if (findProgram('chromium') === null) return 'chromium is not installed';
  return PACKAGES.every((path) => existsSync(path))
    ? null
    : 'playwright-core or axe-core is not installed: npm ci --ignore-scripts in test/interop/peers';
}

export class Browser {
  readonly #browser: PlaywrightBrowser;

  static async start(): Promise<Browser> {
    // Not a literal: its types are looked for nowhere.
    const { chromium } = (await import(`${PLAYWRIGHT}index.mjs`)) as { chromium: { launch(options: object): Promise<PlaywrightBrowser> } };
    const args = ['--no-sandbox', '--disable-dev-shm-usage'];
    return new Browser(await chromium.launch({ executablePath: findProgram('chromium'), args }));
  }

  private constructor(browser: PlaywrightBrowser) {
    this.#browser = browser;
  }

  /** With cookies of its own, as a person's browser that was never here. */
  async open(url: string, options: object = {}): Promise<BrowserPage> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
    const page = new BrowserPage(await context.newPage(), new URL(url).origin);
    await page.driver.goto(url);
    return page;
  }

  stop(): Promise<void> {
    return this.#browser.close();
  }
}

export class BrowserPage {
  readonly driver: PlaywrightPage;
  /** What it asked of others than its own origin. */
  readonly strangers: string[] = [];
  readonly complaints: string[] = [];

  constructor(driver: PlaywrightPage, origin: string) {
    this.driver = driver;
    driver.setDefaultTimeout(WAIT_MS_MAX);
    driver.on('request', (request: { url(): string }) => {
      if (!request.url().startsWith(`${origin}/`)) this.strangers.push(request.url());
    });
    driver.on('pageerror', (error: Error) => this.complaints.push(error.message));
    driver.on('console', (message: { type(): string; text(): string }) => {
      // The browser itself says of each answer that it is an error; the page says what it makes of it.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) this.complaints.push(message.text());
    });
  }

  /** What axe finds wrong: rule, and where. */
  async violations(): Promise<string[]> {
    if ((await this.driver.evaluate('typeof axe')) === 'undefined') await this.driver.evaluate(readFileSync(`${AXE}axe.min.js`, 'utf8'));
    // As axe documents its result.
    const { violations } = (await this.driver.evaluate(AXE_RUN)) as {
      violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
    };
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n${nodes.map((node) => `  ${node.html.slice(0, 200)}\n  ${node.failureSummary}`).join('\n')}`,
    );
  }

  /** What the script resolves to, and how long the page's own thread computed meanwhile: that is the same on a machine that does other work. */
  async measured(script: string): Promise<{ result: unknown; computedMs: number }> {
    const session = await this.driver.context().newCDPSession(this.driver);
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const seconds = async (): Promise<number> =>
      (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    const before = await seconds();
    const result = await this.driver.evaluate(script);
    return { result, computedMs: ((await seconds()) - before) * 1000 };
  }

  /** As if somebody let these files go above the page. */
  async drop(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Promise<void> {
    const given = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
    const dataTransfer = await this.driver.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of ${JSON.stringify(given)}) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      }
      return transfer;
    })()`);
    await this.driver.dispatchEvent('body', 'drop', { dataTransfer });
  }

  /** What the page itself would ask of the API. */
  async ask(method: string, path: string): Promise<void> {
    const headers = `{ 'kith-key': localStorage.getItem('kith-key') ?? '' }`;
    await this.driver.evaluate(`fetch('/api/v1' + ${JSON.stringify(path)}, { method: '${method}', headers: ${headers} })`);
  }

  /** Follows the page's own links and keys; for addresses that have none here. */
  async goTo(path: string): Promise<void> {
    await this.driver.evaluate(`history.pushState(null, '', ${JSON.stringify(path)}); dispatchEvent(new PopStateEvent('popstate'))`);
  }
}
