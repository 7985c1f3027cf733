/** Changing one setting in a settings file without touching its comments and order; the file is replaced as a whole, never half. */

import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasPassword } from '../../net/proxy.ts';
import { Failure, failureFrom } from '../failure.ts';
import { makeFolder } from '../make-folder.ts';
import { type Setting, SETTINGS, type SettingKey, whyNot } from './setting-list.ts';
import { parseToml, readSettingsText } from './settings.ts';

/** Writes `key = value` into the file, making it if there is none. Throws a usage Failure when the value is not what the key takes. */
export function setInFile(file: string, key: SettingKey, typed: string): void {
  const { type } = SETTINGS[key] as Setting<unknown>;
  refuseSecret(file, key, typed);
  if (type.parse(typed, dirname(file)) === null) {
    throw new Failure('usage', `${key} cannot be ${JSON.stringify(typed)}.`, whyNot(type, typed), 'Nothing was changed.');
  }
  const before = readSettingsText(file) ?? '';
  parseToml(before, file);
  const after = withSetting(before, key, /^\d{1,15}$/.test(typed) ? typed : JSON.stringify(typed));
  parseToml(after, file);
  replaceFile(file, after);
}

/** What is typed as an argument is seen by everybody on the machine, and kept by the shell. */
function refuseSecret(file: string, key: SettingKey, typed: string): void {
  if (key !== 'proxy-password' && !(key === 'proxy' && hasPassword(typed))) return;
  const next = `Write it into ${file} with an editor, as proxy-password = "…", or set KITH_PROXY_PASSWORD.`;
  throw new Failure('usage', 'A password does not belong on the command line.', 'Others on this machine can see it there.', next);
}

/** The text with the line of that key replaced, or added to its section, or with a new section at the end. */
export function withSetting(text: string, key: string, literal: string): string {
  const dot = key.indexOf('.');
  const section = dot < 0 ? '' : key.slice(0, dot);
  const name = key.slice(dot + 1);
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  let current = '';
  let sectionLine = -1;
  let firstHeaderLine = -1;
  for (const [index, line] of lines.entries()) {
    const header = /^\s*\[\s*([\w.-]+)\s*\]/.exec(line);
    if (header !== null) {
      current = header[1] as string;
      if (current === section) sectionLine = index;
      if (firstHeaderLine < 0) firstHeaderLine = index;
      continue;
    }
    const assigned = /^\s*([\w.-]+)\s*=/.exec(line)?.[1];
    if (assigned !== undefined && (current === '' ? assigned : `${current}.${assigned}`) === key) {
      const comment = /\s+#[^"']*$/.exec(line)?.[0] ?? '';
      lines[index] = `${assigned} = ${literal}${comment}`;
      return `${lines.join('\n')}\n`;
    }
  }
  // What belongs to no section stands before all of them.
  if (section === '' && firstHeaderLine >= 0) lines.splice(firstHeaderLine, 0, `${name} = ${literal}`, '');
  else if (section === '') lines.push(`${name} = ${literal}`);
  else if (sectionLine >= 0) lines.splice(sectionLine + 1, 0, `${name} = ${literal}`);
  else lines.push(...(lines.length === 0 ? [] : ['']), `[${section}]`, `${name} = ${literal}`);
  return `${lines.join('\n')}\n`;
}

function replaceFile(file: string, text: string): void {
  try {
    makeFolder(dirname(file), 'The setting could not be written.');
    const fresh = `${file}.new`;
    writeFileSync(fresh, text);
    renameSync(fresh, file);
  } catch (error) {
    throw failureFrom(error, 'The setting could not be written.');
  }
}
