/**
 * What a figure carries along: the plan, the commit and the trace of every run, as JSON in `<metadata id="kith">`, so that a picture found
 * anywhere can be run again. Owns no state.
 */

import type { ExperimentResult, Plan } from '../result.ts';
import { Markup } from './markup.ts';

export interface FigureData {
  /** Version of this form. */
  readonly v: 1;
  /** The insides of its specs are as the file has them: whoever runs them checks them first. */
  readonly plan: Plan;
  readonly commit: string;
  readonly traces: readonly FigureTrace[];
}

export interface FigureTrace {
  readonly x: number;
  readonly line: string;
  readonly seed: number;
  /** 16 hex digits. */
  readonly trace: string;
}

/** The text is no figure of kith, or not one that this version reads; the message says what is missing. */
export class NotAFigure extends Error {
  constructor(what: string) {
    super(`expected a figure drawn by kith, ${what}`);
    this.name = 'NotAFigure';
  }
}

/** A hundred thousand runs with their specs take a few. */
const FIGURE_CHARS_MAX = 32 << 20;
const NAME_CHARS_MAX = 200;
const SEEDS_MAX = 1000;
const OVERRIDES_MAX = 1000;

export function figureMetadata({ plan, commit, runs }: ExperimentResult): Markup {
  const traces = runs.map(({ x, line, seed, trace }): FigureTrace => ({ x, line, seed, trace }));
  const data: FigureData = { v: 1, plan, commit, traces };
  return new Markup(`<metadata id="kith">${asciiJson(data)}</metadata>`);
}

/**
 * JSON in which `<`, `>`, `&` and all beyond ASCII are \u-escapes: nothing in it means anything to XML or HTML, and no program that saves the
 * file in another encoding changes it.
 */
function asciiJson(data: FigureData): string {
  return JSON.stringify(data).replace(/[<>&\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Reads a figure of `renderFigure`, or a report, which has one in it. Throws NotAFigure. */
export function readFigure(text: string): FigureData {
  if (text.length > FIGURE_CHARS_MAX) throw new NotAFigure(`of at most ${FIGURE_CHARS_MAX} characters, got ${text.length}`);
  const json = /<metadata\s+id="kith"\s*>([^<]*)<\/metadata\s*>/.exec(text)?.[1];
  if (json === undefined) throw new NotAFigure('which has a <metadata id="kith">; there is none here');
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    throw new NotAFigure('whose metadata is JSON; here it is damaged');
  }
  const complaint = complaintAbout(data);
  if (complaint !== null) throw new NotAFigure(complaint);
  return data as FigureData; // complaintAbout() looked at every field but the insides of specs.
}

function complaintAbout(data: unknown): string | null {
  if (!isRecord(data) || data['v'] !== 1)
    return `of version 1, got ${isRecord(data) ? String(data['v']).slice(0, NAME_CHARS_MAX) : 'no object'}`;
  const { plan, commit, traces } = data;
  if (!isRecord(plan) || plan['v'] !== 1) return 'with a plan of version 1';
  if (!isExperimentName(plan['experiment'])) return 'whose plan names an experiment';
  if (plan['effort'] !== 'full' && plan['effort'] !== 'quick') return 'whose plan is full or quick';
  if (plan['ownScenario'] !== undefined && plan['ownScenario'] !== true) return 'whose plan says `ownScenario: true` or nothing of it';
  if (!isArrayOf(plan['seeds'], isSeed) || plan['seeds'].length > SEEDS_MAX) return `with at most ${SEEDS_MAX} seeds, whole numbers`;
  if (!isArrayOf(plan['points'], isPoint)) return 'whose points have x, line and spec';
  if (!isOverrides(plan['overrides'])) return `with at most ${OVERRIDES_MAX} overrides, all of them text`;
  if (typeof commit !== 'string' || commit.length > NAME_CHARS_MAX) return 'with a commit';
  if (!isArrayOf(traces, isTrace)) return 'whose traces have x, line, seed and 16 hex digits';
  return null;
}

/** It becomes part of a file name: a figure from a stranger must not lead out of the folder of experiments. */
function isExperimentName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= NAME_CHARS_MAX && /^[^\s./\\][^/\\\0-\x1f]*$/.test(value);
}

function isPoint(value: unknown): boolean {
  return isRecord(value) && Number.isFinite(value['x']) && typeof value['line'] === 'string' && isRecord(value['spec']);
}

function isTrace(value: unknown): boolean {
  if (!isRecord(value) || !Number.isFinite(value['x']) || typeof value['line'] !== 'string') return false;
  return isSeed(value['seed']) && typeof value['trace'] === 'string' && /^[0-9a-f]{16}$/.test(value['trace']);
}

function isSeed(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

function isOverrides(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const values = Object.values(value);
  return values.length <= OVERRIDES_MAX && values.every((each) => typeof each === 'string');
}

function isArrayOf(value: unknown, isOne: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isOne);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
