import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CATALOGUE } from '../../src/cli/catalogue.ts';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { events, Room, SCRIPT } from './kith-process.ts';

const room = new Room();
after(() => room.close());

test('--version says the version of package.json', async () => {
  const { version } = JSON.parse(readFileSync(join(SCRIPT, '../package.json'), 'utf8')) as { version: string };
  assert.deepEqual(await room.run(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
});

test('the script works from any folder and through a symbolic link', () => {
  const link = join(room.folder, 'a link');
  symlinkSync(SCRIPT, link);
  const { status, stdout } = spawnSync(link, ['--version'], { cwd: '/', env: room.environment(), encoding: 'utf8' });
  assert.deepEqual([status, /^\d+\.\d+\.\d+\n$/.test(stdout)], [0, true]);
});

test('the script says what to run when there is no Node.js or it is too old', () => {
  const bare = join(room.folder, 'bare');
  mkdirSync(join(bare, 'bin'), { recursive: true });
  writeFileSync(join(bare, 'kith'), readFileSync(SCRIPT), { mode: 0o755 });
  for (const tool of ['sh', 'dirname', 'readlink'])
    symlinkSync(spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim(), join(bare, 'bin', tool));
  const run = () => spawnSync(join(bare, 'kith'), ['--version'], { env: { PATH: join(bare, 'bin') }, encoding: 'utf8' });
  const none = run();
  assert.equal(none.status, 1);
  assert.match(none.stderr, /needs Node\.js 24 or newer; there is none[\s\S]*npm ci/);
  writeFileSync(join(bare, 'bin/node'), '#!/bin/sh\necho v18.20.4\n', { mode: 0o755 });
  const old = run();
  assert.equal(old.status, 1);
  assert.match(old.stderr, /needs Node\.js 24 or newer;.*v18\.20\.4[\s\S]*npm ci/);
});

test('help lists every command there is, and opens with examples', async () => {
  const { code, stdout, stderr } = await room.run([]);
  assert.deepEqual([code, stderr], [0, '']);
  assert.match(stdout, /^Examples:\n {2}\$ kith /);
  for (const { name } of CATALOGUE) assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
});

for (const { name } of CATALOGUE) {
  test(`kith ${name} --help opens with examples and says the same as kith help ${name}`, async () => {
    const [direct, asked] = await Promise.all([room.run([name, '--help']), room.run(['help', name])]);
    assert.deepEqual([direct.code, direct.stderr], [0, '']);
    assert.match(direct.stdout, /^Examples:\n {2}\$ /);
    assert.equal(asked.stdout, direct.stdout);
  });
}

test('kith help exit-codes shows every code', async () => {
  const { stdout } = await room.run(['help', 'exit-codes']);
  for (const { code, name } of EXIT_CODES) assert.match(stdout, new RegExp(`^ *${code} +${name} `, 'm'));
});

test('every topic has its page', async () => {
  for (const topic of ['settings', 'json', 'network', 'experiments', 'overlays']) {
    const { code, stdout } = await room.run(['help', topic]);
    assert.deepEqual([code, stdout.length > 200], [0, true], topic);
  }
});

const MISTAKES: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['a mistyped command', ['shaer', 'x'], /Did you mean share\?[\s\S]*kith help/],
  ['a mistyped option', ['get', '--pere', 'x'], /Did you mean --peer\?[\s\S]*kith help get/],
  ['a missing argument', ['share'], /missing required argument 'path'[\s\S]*kith help share/i],
  ['an option without its value', ['get', 'x', '--timeout'], /--timeout/],
  ['a value of the wrong kind', ['get', 'x', '--timeout', 'soon'], /--timeout says "soon"[\s\S]*Expected a time/],
  ['a priority that is no word', ['get', 'x', '--file-priority', '3=urgent'], /skip, low, normal or high/],
  ['numbers of files that are none', ['get', 'x', '--only', '3-1'], /Expected numbers of files/],
  ['a strange piece size', ['create', 'x', '--piece-size', '100k'], /power of two/],
  ['a tracker that is no address', ['get', 'x', '--tracker', 'nonsense'], /Expected an address/],
  ['a peer that is no address', ['get', 'a'.repeat(40), '--peer', '1.2.3.4'], /no address of a peer[\s\S]*192\.168/],
  ['a topic that is none', ['help', 'exit-cods'], /Did you mean exit-codes\?/],
  ['an unknown shell', ['completion', 'tcsh'], /bash, zsh, fish/],
  ['a path that is none', ['paths', 'home'], /no path called home/],
  ['a setting that is none', ['config', 'get', 'limit.upp'], /Did you mean limit\.up\?/],
  ['a bad magnet link', ['get', 'magnet:?xt=urn:btih:12'], /The magnet link cannot be read\.[\s\S]*quotes/],
  ['a magnet link without anybody to ask', ['get', `magnet:?xt=urn:btih:${'a'.repeat(40)}`], /nobody to ask[\s\S]*--peer/],
  ['a hash without anybody to ask', ['get', 'a'.repeat(40)], /nobody to ask[\s\S]*--tracker/],
  ['a link of another kind', ['get', 'ftp://example.org/x'], /no link that kith knows/],
];

for (const [what, args, words] of MISTAKES) {
  test(`${what} is exit code 2, with words on stderr and nothing on stdout`, async () => {
    const { code, stdout, stderr } = await room.run(args);
    assert.match(stderr, words);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /^error: /);
    assert.doesNotMatch(stderr, /\.\.$/m);
  });
}

test('a missing subcommand is exit code 2 with the help on stderr', async () => {
  const { code, stdout, stderr } = await room.run(['config']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^Examples:[\s\S]*why/);
  assert.doesNotMatch(stderr, /error/);
});

test('a mistake with --json is also one line of JSON', async () => {
  const { code, stdout } = await room.run(['get', 'a'.repeat(40), '--json']);
  const [error] = events(stdout);
  assert.deepEqual([code, error?.v, error?.event, error?.code, error?.kind], [2, 1, 'error', 2, 'usage']);
});

test('colours are only for terminals, FORCE_COLOR asks for them, and NO_COLOR wins', async () => {
  const escape = '\x1b[';
  assert.ok(!(await room.run(['get', 'x'])).stderr.includes(escape));
  assert.ok((await room.run(['get', 'x'], { FORCE_COLOR: '1' })).stderr.includes(escape));
  assert.ok(!(await room.run(['get', 'x'], { FORCE_COLOR: '1', NO_COLOR: '1' })).stderr.includes(escape));
  assert.ok(!(await room.run(['get', 'x', '--no-color'], { FORCE_COLOR: '1' })).stderr.includes(escape));
});

test('config set, get and why agree, and say who wins', async () => {
  const own = new Room();
  try {
    assert.equal((await own.run(['config', 'set', 'limit.up', '2MB'])).code, 0);
    assert.equal((await own.run(['config', 'get', 'limit.up'])).stdout, '2000000\n');
    assert.equal((await own.run(['config', 'set', 'limit.up', '1MB', '--local'])).code, 0);
    assert.equal((await own.run(['config', 'get', 'limit.up'])).stdout, '1000000\n');
    const why = await own.run(['config', 'why', 'limit.up'], { KITH_LIMIT_UP: '5' });
    assert.match(
      why.stdout,
      /^limit\.up = 5 {3}from KITH_LIMIT_UP\n {2}not 1MB from .*here\/kith\.toml\n {2}not 2MB from .*config\/kith\/kith\.toml\n/,
    );
    const json = JSON.parse((await own.run(['config', 'why', 'limit.up', '--json'])).stdout) as Record<string, unknown>;
    assert.deepEqual([json.v, json.value], [1, 1_000_000]);
    assert.equal((await own.run(['config', 'set', 'listen.port', '99999'])).code, 2);
  } finally {
    await own.close();
  }
});

test('an unknown setting in a file is warned of on stderr, and the command goes on', async () => {
  const own = new Room();
  try {
    writeFileSync(join(own.here, 'kith.toml'), '[limit]\nupp = 1\n');
    const { code, stdout, stderr } = await own.run(['config', 'get', 'limit.up']);
    assert.deepEqual([code, stdout], [0, '0\n']);
    assert.match(stderr, /limit\.upp; did you mean limit\.up/);
  } finally {
    await own.close();
  }
});

test('paths follow XDG and can be asked for one by one', async () => {
  const { stdout } = await room.run(['paths', 'share']);
  assert.equal(stdout, `${join(room.folder, 'data/kith/share')}\n`);
  const all = JSON.parse((await room.run(['paths', '--json'])).stdout) as { v: number; paths: Record<string, string> };
  assert.deepEqual([all.v, all.paths.state], [1, join(room.folder, 'state/kith')]);
});

for (const shell of ['bash', 'zsh', 'fish']) {
  test(`the completion for ${shell} knows commands and options, and the shell can read it`, async () => {
    const { code, stdout } = await room.run(['completion', shell]);
    assert.equal(code, 0);
    for (const word of ['share', 'tracker', 'limit-up', 'exit-codes', 'limit.down']) assert.ok(stdout.includes(word), word);
    if (!existsSync(`/usr/bin/${shell}`) && !existsSync(`/bin/${shell}`)) return;
    const file = join(room.folder, `completion.${shell}`);
    writeFileSync(file, stdout);
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
  });
}

test('the completion for bash completes commands, options, settings and shells', async () => {
  const { stdout } = await room.run(['completion', 'bash']);
  const complete = (line: string): string[] => {
    const words = line.split(' ');
    const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _kith; echo "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim().split(' ');
  };
  assert.deepEqual(complete('kith sh'), ['share']);
  assert.deepEqual(complete('kith share --on'), ['--once', '--on']);
  assert.deepEqual(complete('kith config s'), ['set']);
  assert.deepEqual(complete('kith config set limit.'), ['limit.up', 'limit.down', 'limit.schedule']);
  assert.deepEqual(complete('kith completion z'), ['zsh']);
  assert.deepEqual(complete('kith help exi'), ['exit-codes']);
});
