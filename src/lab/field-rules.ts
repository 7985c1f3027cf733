/** Rules for the fields of plain data that no compiler has seen, each of which gives one sentence for people, or null. Owns no state. */

import { closestWord } from '../core/closest-word.ts';

export type FieldRule = (name: string, value: unknown) => string | null;

export function number(min: number, max: number): FieldRule {
  return (name, value) => {
    if (typeof value === 'number' && value >= min && value <= max) return null;
    return `${name}: a number from ${min} to ${max} expected, got ${said(value)}`;
  };
}

export function whole(min: number, max: number): FieldRule {
  return (name, value) => {
    if (Number.isInteger(value) && Number(value) >= min && Number(value) <= max) return null;
    return `${name}: a whole number from ${min} to ${max} expected, got ${said(value)}`;
  };
}

/** One of the words, or any when none are named. */
export function word(...words: readonly string[]): FieldRule {
  return (name, value) => {
    if (typeof value !== 'string' || value === '')
      return `${name}: ${words.length > 0 ? words.join(' or ') : 'a word'} expected, got ${said(value)}`;
    return words.length === 0 || words.includes(value) ? null : `${name}: ${words.join(' or ')} expected, got ${said(value)}`;
  };
}

/** It may be absent. */
export function optional(rule: FieldRule): FieldRule {
  return (name, value) => (value === undefined ? null : rule(name, value));
}

/** Data whose `kind` says which fields it has: a known kind, each field by its rule, and no others. */
export function fieldsComplaint(
  name: string,
  data: { readonly kind: string },
  kinds: Readonly<Record<string, Readonly<Record<string, FieldRule>>>>,
): string | null {
  if (!isObject(data)) return `${name}: an object with a kind expected, got ${said(data)}`;
  const rules = typeof data.kind === 'string' && Object.hasOwn(kinds, data.kind) ? kinds[data.kind] : undefined;
  if (rules === undefined) return `${name}.kind: one of ${Object.keys(kinds).join(', ')} expected, got ${said(data.kind)}`;
  for (const [field, value] of Object.entries(data)) {
    if (field === 'kind') continue;
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
    if (rule === undefined) return `${name}: ${unknownField(data.kind, field, Object.keys(rules))}`;
    const complaint = rule(`${name}.${field}`, value);
    if (complaint !== null) return complaint;
  }
  const missing = Object.entries(rules).find(([field, rule]) => !Object.hasOwn(data, field) && rule(field, undefined) !== null);
  return missing === undefined ? null : `${name}: ${missing[0]} expected for ${data.kind}, got nothing`;
}

/** Said of a type, which what comes from outside may not keep. */
export function isObject(data: unknown): boolean {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

function unknownField(kind: string, field: string, fields: readonly string[]): string {
  const meant = closestWord(field, fields);
  if (meant !== null) return `${kind} has no ${field}; ${meant} is probably meant`;
  return `${kind} has ${fields.length > 0 ? fields.join(', ') : 'no fields'}, got ${field}`;
}

/** A value as a complaint quotes it. */
export function said(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'string' ? `"${value}"` : String(value);
}
