/** Proxies of others, each as it is started in the foreground: Dante and microsocks for SOCKS 5, tinyproxy for HTTP. Owns no process. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PROXY_PORT = 1080;

export interface RealProxy {
  readonly name: string;
  readonly program: string;
  readonly kind: 'socks5' | 'http';
  /** It relays datagrams (UDP ASSOCIATE). */
  readonly relays: boolean;
  readonly user: string | null;
  readonly password: string;
  /** Its arguments, to listen at one address and speak to others from another. `folder` takes its settings. */
  args(inside: string, outside: string, folder: string): readonly string[];
}

export const REAL_PROXIES: readonly RealProxy[] = [
  {
    name: 'Dante',
    program: 'danted',
    kind: 'socks5',
    relays: true,
    user: null,
    password: '',
    args(inside, outside, folder) {
      const path = join(folder, 'danted.conf');
      writeFileSync(
        path,
        `logoutput: stderr
internal: ${inside} port = ${PROXY_PORT}
external: ${outside}
clientmethod: none
socksmethod: none
user.privileged: root
user.unprivileged: nobody
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect udpassociate udpreply }
`,
      );
      return ['-f', path];
    },
  },
  {
    name: 'microsocks',
    program: 'microsocks',
    kind: 'socks5',
    relays: false,
    user: 'alice',
    password: 'secret',
    args: (inside) => ['-i', inside, '-p', String(PROXY_PORT), '-u', 'alice', '-P', 'secret'],
  },
  {
    name: 'tinyproxy',
    program: 'tinyproxy',
    kind: 'http',
    relays: false,
    user: 'alice',
    password: 'secret',
    args(inside, _outside, folder) {
      const path = join(folder, 'tinyproxy.conf');
      writeFileSync(path, `Port ${PROXY_PORT}\nListen ${inside}\nTimeout 60\nMaxClients 100\nLogLevel Warning\nBasicAuth alice secret\n`);
      return ['-d', '-c', path];
    },
  },
];
