import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { closestWord } from '../../core/closest-word.ts';
import { Failure } from '../failure.ts';
import { foldersOf } from '../folders.ts';
import { formatBytes, formatSeconds, parseBytes, parsePieceBytes, parseSeconds } from '../quantity.ts';
import { setInFile, withSetting } from './settings-edit.ts';
import { Settings } from './settings.ts';

const room = mkdtempSync(join(tmpdir(), 'kith-settings-'));
after(() => rmSync(room, { recursive: true }));
let rooms = 0;

/** A home and a working folder of their own, with the texts of both settings files. */
function world(user: string | null, local: string | null): { environment: Record<string, string>; here: string; userFile: string } {
  const base = join(room, String(rooms++));
  const here = join(base, 'here');
  mkdirSync(join(base, 'config/kith'), { recursive: true });
  mkdirSync(here);
  const userFile = join(base, 'config/kith/kith.toml');
  if (user !== null) writeFileSync(userFile, user);
  if (local !== null) writeFileSync(join(here, 'kith.toml'), local);
  return { environment: { HOME: base, XDG_CONFIG_HOME: join(base, 'config') }, here, userFile };
}

test('flags win over variables, variables over ./kith.toml, that over the file of the user, that over the default', () => {
  const { environment, here, userFile } = world('[listen]\nport = 1001\n', '[listen]\nport = 1002\n');
  const withVariable = { ...environment, KITH_LISTEN_PORT: '1003' };
  const all = Settings.load(withVariable, here).withFlags([['listen.port', '--port', '1004']]);
  assert.equal(all.get('listen.port'), 1004);
  assert.deepEqual(
    [all.why('listen.port').source, ...all.why('listen.port').overruled.map((loser) => loser.source)],
    ['--port', 'KITH_LISTEN_PORT', join(here, 'kith.toml'), userFile, 'default'],
  );
  assert.equal(Settings.load(withVariable, here).get('listen.port'), 1003);
  assert.equal(Settings.load(environment, here).get('listen.port'), 1002);
  assert.equal(Settings.load(environment, room).get('listen.port'), 1001);
  assert.equal(Settings.load({ HOME: room }, room).get('listen.port'), 6881);
  assert.equal(
    Settings.load(environment, here)
      .withFlags([['listen.port', '--port', undefined]])
      .get('listen.port'),
    1002,
  );
});

test('unknown keys and variables are warned of with what was probably meant', () => {
  const { environment, here } = world(null, '[limit]\nupp = 5\n[colour]\nx = 1\n');
  const { warnings } = Settings.load({ ...environment, KITH_LISTEN_PROT: '1' }, here);
  assert.equal(warnings.length, 3);
  assert.match(warnings[0] as string, /KITH_LISTEN_PROT means nothing to kith; did you mean KITH_LISTEN_PORT\./);
  assert.match(warnings[1] as string, /no setting limit\.upp; did you mean limit\.up\./);
  assert.match(warnings[2] as string, /no setting colour\.x\.$/);
});

test('a wrong value names its source, what was expected and what to do', () => {
  const { environment, here } = world(null, '[limit]\nup = "fast"\n');
  assert.throws(
    () => Settings.load(environment, here).get('limit.up'),
    (error) => error instanceof Failure && error.kind === 'usage' && /kith\.toml says "fast" for limit\.up/.test(error.message),
  );
});

test('a settings file that is no TOML is named with its line', () => {
  const { environment, here } = world('[listen]\nport 5\n', null);
  assert.throws(
    () => Settings.load(environment, here),
    (error) => error instanceof Failure && error.kind === 'usage' && /kith\.toml, line 2/.test(error.message),
  );
});

test('relative folders in a file start from that file, and ~ is the home folder', () => {
  const { environment, here, userFile } = world('[share]\nfolder = "things"\n', null);
  assert.equal(Settings.load(environment, here).get('share.folder'), join(userFile, '../things'));
});

test('setting a value keeps comments, order and all other values', () => {
  const text = '# mine\n[limit]\nup = "1MB" # evening\n\n[listen]\nhost = "::" # all\n';
  assert.equal(withSetting(text, 'limit.up', '"2MB"'), text.replace('1MB', '2MB'));
  assert.equal(withSetting(text, 'listen.port', '7000'), text.replace('[listen]\n', '[listen]\nport = 7000\n'));
  assert.equal(withSetting(text, 'tracker.port', '7000'), `${text}\n[tracker]\nport = 7000\n`);
  assert.equal(withSetting('', 'tracker.port', '7000'), '[tracker]\nport = 7000\n');
  assert.equal(withSetting('limit.up = 3\n', 'limit.up', '4'), 'limit.up = 4\n');
  assert.equal(withSetting(text, 'encryption', '"off"'), text.replace('[limit]', 'encryption = "off"\n\n[limit]'));
  assert.equal(withSetting('encryption = "off"\n', 'encryption', '"allow"'), 'encryption = "allow"\n');
  assert.equal(withSetting('', 'encryption', '"off"'), 'encryption = "off"\n');
});

test('a value that the key does not take is refused and changes nothing', () => {
  const { environment, here, userFile } = world('[limit]\nup = 5\n', null);
  assert.throws(() => setInFile(userFile, 'listen.port', '70000'), /listen\.port cannot be "70000"/);
  assert.equal(readFileSync(userFile, 'utf8'), '[limit]\nup = 5\n');
  setInFile(userFile, 'limit.down', '2MB');
  assert.equal(Settings.load(environment, here).get('limit.down'), 2_000_000);
  assert.equal(Settings.load(environment, here).get('limit.up'), 5);
});

test('relative XDG folders are ignored, as the specification says', () => {
  assert.equal(foldersOf({ HOME: '/home/ada', XDG_DATA_HOME: 'here', XDG_CACHE_HOME: '/c' }).data, '/home/ada/.local/share/kith');
  assert.equal(foldersOf({ HOME: '/home/ada', XDG_CACHE_HOME: '/c' }).cache, '/c/kith');
});

test('sizes and times are read and written as people do', () => {
  assert.deepEqual(['1500', '2MB', '1.5 MiB', '500k/s', '3 GB', '-1', '5 q', '', '1e9'].map(parseBytes), [
    1500,
    2e6,
    1572864,
    5e5,
    3e9,
    null,
    null,
    null,
    null,
  ]);
  assert.deepEqual(['1M', '256k', '16384', '100k', '8k', '1GiB'].map(parsePieceBytes), [2 ** 20, 2 ** 18, 2 ** 14, null, null, null]);
  assert.deepEqual(['30', '1.5m', '2h', 'x'].map(parseSeconds), [30, 90, 7200, null]);
  assert.deepEqual([0, 999, 1000, 999_600, 12_345_678].map(formatBytes), ['0 B', '999 B', '1.0 kB', '1.0 MB', '12 MB']);
  assert.deepEqual([5, 0.26, 65, 120, 3700, 90_000, 172_800].map(formatSeconds), [
    '5 s',
    '0.3 s',
    '1 min 5 s',
    '2 min',
    '1 h 1 min',
    '1 d 1 h',
    '2 d',
  ]);
});

test('a mistyped word finds its neighbour and a strange one finds none', () => {
  assert.equal(closestWord('shrae', ['share', 'get', 'create']), 'share');
  assert.equal(closestWord('gte', ['share', 'get']), 'get');
  assert.equal(closestWord('banana', ['share', 'get', 'create']), null);
});
