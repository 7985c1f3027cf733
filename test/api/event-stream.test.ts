import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { NodeEvent, TransferView } from '../../src/node/node-view.ts';
import { DescribedClient } from './described-client.ts';
import { ServedNode } from './served-node.ts';

interface Message {
  readonly id: string;
  readonly data:
    | (NodeEvent & { readonly transfers?: readonly TransferView[] })
    | { readonly type: 'snapshot'; readonly transfers: readonly TransferView[] };
  readonly atMs: number;
}

const served = await ServedNode.open();
after(() => served.close());
const client = await DescribedClient.of(served);
const schema = client.document.components.schemas.StreamMessage as Readonly<Record<string, unknown>>;

/** Messages as they come, each held to the schema; ends with the stream. */
async function* follow(signal: AbortSignal, lastId?: string): AsyncGenerator<Message> {
  const response = await fetch(`${served.api.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${served.token}`, ...(lastId !== undefined && { 'last-event-id': lastId }) },
    signal,
  });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  let text = '';
  for await (const chunk of response.body as ReadableStream<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
      if (!fields.has('data')) continue;
      const data = JSON.parse(fields.get('data') as string) as Message['data'];
      client.check(schema, data, `a message of type ${data.type}`);
      assert.equal(fields.get('event'), data.type);
      yield { id: fields.get('id') as string, data, atMs: performance.now() };
    }
  }
}

/** Up to the first that fits, and no further. */
async function until(fits: (message: Message) => boolean, lastId?: string, onFirst: () => unknown = () => undefined): Promise<Message[]> {
  const ended = new AbortController();
  const messages: Message[] = [];
  for await (const message of follow(AbortSignal.any([ended.signal, AbortSignal.timeout(20_000)]), lastId)) {
    if (messages.push(message) === 1) await onFirst();
    if (!fits(message)) continue;
    break;
  }
  ended.abort();
  return messages;
}

const paused = ({ data }: Message): boolean => data.type === 'changed' && data.transfer.state === 'paused';
let seen = '';

test('who comes first gets all there is, and then what happens', async () => {
  const infoHash = await served.share('one.bin', 50_000);
  const messages = await until(paused, undefined, () => served.node.pause(infoHash));
  const [snapshot] = messages;
  assert.equal(snapshot?.data.type, 'snapshot');
  assert.deepEqual(
    snapshot.data.transfers?.map((transfer) => transfer.infoHash),
    [infoHash],
  );
  seen = messages.at(-1)?.id ?? '';
});

test('who comes again gets what was missed, and no snapshot', async () => {
  const infoHash = await served.share('two.bin', 50_000);
  const messages = await until(({ data }) => data.type === 'progress', seen);
  const types = messages.map(({ data }) => data.type);
  assert.ok(!types.includes('snapshot'), types.join());
  assert.ok(
    messages.some(({ data }) => data.type === 'added' && data.transfer.infoHash === infoHash),
    types.join(),
  );
});

test('who was away for too long, or knows another run of the node, begins anew', async () => {
  for (let turn = 0; turn < 600; turn++) await served.node.set('queue.seeds', String(turn % 2), false);
  for (const id of [seen, '1-1', 'nonsense']) {
    const [first] = await until(() => true, id);
    assert.equal(first?.data.type, 'snapshot', id);
    assert.equal(first.data.transfers?.length, 2);
  }
});

test('a storm of events comes four times a second at most, in order, with nothing lost', async () => {
  const [{ infoHash }] = (await served.node.list()) as [TransferView];
  const storm = async (): Promise<void> => {
    for (let turn = 0; turn < 100; turn++) await served.node.change(infoHash, { labels: [`storm ${turn}`] });
  };
  const last = ({ data }: Message): boolean => data.type === 'changed' && data.transfer.labels[0] === 'storm 99';
  const messages = await until(last, undefined, storm);
  const turns = messages.flatMap(({ data }) => (data.type === 'changed' ? data.transfer.labels : []));
  assert.deepEqual(
    turns,
    Array.from({ length: 100 }, (_, turn) => `storm ${turn}`),
  );
  // What is written together arrives together.
  const writes = messages.filter(({ atMs }, at) => at === 0 || atMs - (messages[at - 1] as Message).atMs > 100).length;
  const lasted = (messages.at(-1) as Message).atMs - (messages[0] as Message).atMs;
  assert.ok(writes <= 2 + lasted / 240, `${writes} writes in ${lasted} ms`);
});
