/** Which of a node's own files answer a query, and where it says so: straight to who asked, or back the way the query came. Owns no state. */

import type { SharedFile } from '../../wire/shared-file.ts';
import type { Gnutella2Node } from './gnutella2-node.ts';
import type { Link } from './link.ts';
import { hitPackets } from './query-hit.ts';
import { asFileQuery, fitsBounds, type Query } from './query.ts';

export class FileAnswers {
  private readonly node: Gnutella2Node;

  constructor(node: Gnutella2Node) {
    this.node = node;
  }

  answer(query: Query, from: Link | null): void {
    const { guid, host, isFirewalled, links, options, own, role, transceiver } = this.node;
    if ((own.endpoint === null && !isFirewalled) || options.files.count === 0) return;
    const found = this.filesFor(query);
    if (found.length === 0) return;
    const hubs = role.isHub ? [] : links.hubs.map((link) => link.endpoint);
    const answerer = { endpoint: own.endpoint, guid, isFirewalled, hubs };
    for (const packet of hitPackets(query.guid, found, answerer)) {
      // Behind a proxy there may be no datagrams: then the hub passes it on.
      if (query.answersTo !== null && host.self.datagram !== null) transceiver.send(host.peer(query.answersTo), packet, true);
      else from?.offer(packet);
    }
  }

  private filesFor(query: Query): readonly SharedFile[] {
    const { files, hitsMax } = this.node.options;
    if (query.hash === null) return files.search(asFileQuery(query, hitsMax));
    const file = files.byHash(query.hash.kind, query.hash.bytes);
    return file === null || !fitsBounds(file, query) ? [] : [file];
  }
}
