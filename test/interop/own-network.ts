/**
 * A network namespace that has nothing but this machine, for programs that choose themselves where they speak: the test file runs in it a
 * second time, in a process of its own.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findProgram } from './peers/process-group.ts';

const INSIDE = 'KITH_INTEROP_NAMESPACE';
/** Programs that name no source address for what they multicast would else send from 0.0.0.0. */
const NETWORK = 'ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo src 127.0.0.1';

/** True in the second run, which lists the tests of the namespace and no others. */
export const isInside = process.env[INSIDE] !== undefined;

/**
 * Lists a test that runs the file again inside; it fails when any test there does, and is skipped where there are no namespaces. `addresses`:
 * more of them that the machine has inside, with the bits of their network, for programs that refuse 127.x.
 */
export function testInside(title: string, fileUrl: string, msMax: number, addresses: readonly string[] = []): void {
  const missing = ['unshare', 'ip'].find((name) => findProgram(name) === null);
  const why =
    process.getuid?.() !== 0 ? 'only root makes network namespaces' : missing === undefined ? null : `${missing} is not installed`;
  test(title, { skip: why ?? false, timeout: msMax }, (t) => {
    const self = [process.execPath, '--test', '--test-reporter=tap', fileURLToPath(fileUrl)];
    const env: NodeJS.ProcessEnv = { ...process.env, [INSIDE]: '1' };
    // Node's runner would take the inner one for a part of itself.
    delete env.NODE_TEST_CONTEXT;
    const network = [NETWORK, ...addresses.map((address) => `ip addr add ${address} dev lo`), 'exec "$@"'].join(' && ');
    const run = spawnSync('unshare', ['--net', 'sh', '-c', network, 'sh', ...self], { encoding: 'utf8', env, timeout: msMax });
    for (const line of run.stdout.split('\n')) if (/^\s*(?:not )?ok /.test(line)) t.diagnostic(line.trim());
    assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
  });
}
