/**
 * Networks of a test's own: namespaces of the kernel with cables between them, addresses, routes and bridges, in which real programs run.
 * Everything ends with the test, or with this process, however they end. Needs root and iproute2.
 */

import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { findProgram, ProcessGroup, type ProcessOptions } from './peers/process-group.ts';

const COMMAND_MS_MAX = 10_000;
/** Namespaces have one list for the whole machine, on which other tests stand too. */
const PREFIX = `kith-${process.pid}-`;
/** What the kernel allows for the name of an interface. */
const INTERFACE_CHARS_MAX = 15;

const open = new Set<NetNamespaces>();
process.on('exit', () => {
  for (const namespaces of open) namespaces.remove();
});

/** Why there can be no namespaces here, or null. `programs` are what the test needs besides. */
export function whyNoNamespaces(...programs: readonly string[]): string | null {
  if (process.getuid?.() !== 0) return 'only root makes network namespaces';
  const missing = ['ip', ...programs].find((name) => findProgram(name) === null);
  return missing === undefined ? null : `${missing} is not installed`;
}

export class NetNamespaces {
  static #count = 0;
  readonly #spaces: NetNamespace[] = [];

  /** Namespaces that go when the test ends. */
  static for(t: TestContext): NetNamespaces {
    const namespaces = new NetNamespaces();
    t.after(() => namespaces.dispose());
    return namespaces;
  }

  constructor() {
    open.add(this);
  }

  /** A namespace with nothing but its loopback interface; `role` is for people. */
  add(role: string): NetNamespace {
    const name = `${PREFIX}${NetNamespaces.#count++}-${role}`;
    ip('netns', 'add', name);
    const space = new NetNamespace(name);
    this.#spaces.push(space);
    space.ip('link', 'set', 'lo', 'up');
    return space;
  }

  /** Ends what still runs inside, then removes the namespaces. */
  async dispose(): Promise<void> {
    await Promise.allSettled(this.#spaces.map((space) => space.stopPrograms()));
    this.remove();
  }

  /** At once: what still runs inside is killed. */
  remove(): void {
    open.delete(this);
    for (const space of this.#spaces.splice(0)) space.remove();
  }
}

/** One end of a cable: the name of the interface, and its addresses with the length of their prefix, like `10.0.0.1/24`. */
export interface CableEnd {
  readonly space: NetNamespace;
  readonly name: string;
  readonly addresses?: readonly string[];
}

/** Lays a cable (a veth pair) between two namespaces; both ends are up. */
export function connect(a: CableEnd, b: CableEnd): void {
  for (const { name } of [a, b]) if (name.length > INTERFACE_CHARS_MAX) throw new Error(`${name} is too long a name for an interface`);
  a.space.ip('link', 'add', a.name, 'type', 'veth', 'peer', 'name', b.name, 'netns', b.space.name);
  for (const { space, name, addresses = [] } of [a, b]) {
    space.ip('link', 'set', name, 'up');
    for (const address of addresses) space.address(name, address);
  }
}

export class NetNamespace {
  /** Its name for `ip netns`. */
  readonly name: string;
  readonly #programs: ProcessGroup[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** `ip` in this namespace. */
  ip(...args: readonly string[]): string {
    return ip('-n', this.name, ...args);
  }

  address(interfaceName: string, address: string): void {
    // An IPv6 address is else of no use for the seconds in which the kernel looks for who has it already.
    const atOnce = address.includes(':') ? ['nodad'] : [];
    this.ip('address', 'add', address, 'dev', interfaceName, ...atOnce);
  }

  defaultRoute(via: string): void {
    this.ip(...(via.includes(':') ? ['-6'] : []), 'route', 'add', 'default', 'via', via);
  }

  /** A switch of that name, in which the ends of cables in this namespace are plugged. */
  bridge(name: string, ports: readonly string[], addresses: readonly string[] = []): void {
    this.ip('link', 'add', name, 'type', 'bridge');
    this.ip('link', 'set', name, 'up');
    for (const port of ports) this.ip('link', 'set', port, 'master', name);
    for (const address of addresses) this.address(name, address);
  }

  /** Passes on packets that are not for itself, as a router does. */
  forward(): void {
    this.setKernel('net.ipv4.ip_forward', 1);
  }

  /** Sets a value of the kernel for this namespace, named as by `sysctl`. */
  setKernel(key: string, value: number): void {
    this.exec('sh', '-c', 'echo "$1" > "$2"', 'sh', String(value), `/proc/sys/${key.replaceAll('.', '/')}`);
  }

  /** Runs a program inside to its end, and returns what it printed; throws when it fails. */
  exec(command: string, ...args: readonly string[]): string {
    return run(this.inside(command, ...args));
  }

  /** Starts a program inside; it ends with the namespace at the latest. */
  spawn(command: string, args: readonly string[], options: ProcessOptions = {}): ProcessGroup {
    const [program, ...rest] = this.inside(command, ...args);
    const group = new ProcessGroup(program, rest, options);
    this.#programs.push(group);
    return group;
  }

  /** The command line that runs another one inside, for those who start it themselves. */
  inside(command: string, ...args: readonly string[]): [program: string, ...args: string[]] {
    return ['ip', 'netns', 'exec', this.name, command, ...args];
  }

  async stopPrograms(): Promise<void> {
    await Promise.allSettled(this.#programs.splice(0).map((group) => group.stop()));
  }

  remove(): void {
    for (const group of this.#programs.splice(0)) group.kill('SIGKILL');
    // What others started inside would keep the namespace alive, without a name to find it by.
    for (const pid of attempt('netns', 'pids', this.name).split('\n')) {
      try {
        if (pid.trim() !== '') process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has just ended.
      }
    }
    attempt('netns', 'delete', this.name);
  }
}

function ip(...args: readonly string[]): string {
  return run(['ip', ...args]);
}

/** For the clean-up, which goes on when a part of it fails. */
function attempt(...args: readonly string[]): string {
  try {
    return ip(...args);
  } catch {
    return '';
  }
}

function run([program, ...args]: readonly [string, ...string[]]): string {
  return execFileSync(program, args, { encoding: 'utf8', timeout: COMMAND_MS_MAX, stdio: ['ignore', 'pipe', 'pipe'] });
}
