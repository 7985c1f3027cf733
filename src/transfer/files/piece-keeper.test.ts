/** Pieces to which several holders have contributed: one alone fetches them again, and then it shows who was wrong. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Body, Host, Protocol, Store, StoreHandler } from '../../core/host.ts';
import { GENUINE, SimBody } from '../../sim/sim-body.ts';
import { World } from '../../sim/world.ts';
import { Holder, type HolderOwner } from './holder.ts';
import { PieceKeeper } from './piece-keeper.ts';

const PIECE = 64 * 1024;
const BYTES = 3 * PIECE + 100;
const POISON = 9;

/** A keeper on a store of the simulator, and two holders who bring what they are told to. */
class Keeping implements Protocol, StoreHandler {
  keeper: PieceKeeper | null = null;
  readonly poisoners: string[] = [];
  readonly first: Holder;
  readonly second: Holder;
  private readonly host: Host;
  private store: Store | null = null;

  constructor(host: Host) {
    this.host = host;
    // Nobody asks these holders for anything: only who they are counts.
    const owner = { host, fileBytes: BYTES } as unknown as HolderOwner;
    const holder = (name: string): Holder => new Holder(owner, { name, reach: () => ({ cancel() {} }) });
    [this.first, this.second] = [holder('first'), holder('second')];
  }

  start(): void {
    const file = { path: ['f'], length: BYTES, pad: false, executable: false, symlink: null };
    const spec = {
      location: 'got',
      files: [file],
      totalBytes: BYTES,
      pieceBytes: PIECE,
      pieceHashes: new Uint8Array(0),
      pieceRoots: null,
    } as const;
    this.store = this.host.openStore({ ...spec, pieceTigers: new Uint8Array(24 * 4), key: 'k', writable: true, recheck: 'trust' }, this);
  }
  onStoreReady(): void {
    const owner = {
      onPieceKept() {},
      onPieceLost() {},
      onPoisoner: (holder: Holder) => void this.poisoners.push(holder.name),
      onDiskBehind() {},
    };
    this.keeper = new PieceKeeper(this.store as Store, BYTES, PIECE, true, owner);
  }
  onStoreProgress(): void {}
  onStoreDrain(): void {}
  onStoreFailed(): void {}
  onStoreClosed(): void {}
  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return {};
  }
}

function body(bytes: number, mark: number): Body {
  return new SimBody(bytes, mark);
}

function scene(): { readonly world: World; readonly keeping: Keeping; readonly keeper: PieceKeeper } {
  const world = new World({ seed: 1 });
  const keeping = world.addNode((host) => new Keeping(host)).protocol;
  world.runFor(10);
  return { world, keeping, keeper: keeping.keeper as PieceKeeper };
}

test('a piece of two holders that is wrong is fetched by one of them alone, and convicts the one whose block it was', () => {
  const { world, keeping, keeper } = scene();
  keeper.take(keeping.first, PIECE, body(PIECE / 2, GENUINE));
  keeper.take(keeping.second, PIECE + PIECE / 2, body(PIECE / 2, POISON));
  world.runFor(10);
  assert.deepEqual([keeping.poisoners, keeper.done.has(PIECE, PIECE + 1)], [[], false]);
  const range = keeper.claimLone(keeping.first, [keeping.first, keeping.second]);
  assert.deepEqual(range, { begin: PIECE, end: 2 * PIECE });
  assert.equal(keeper.claimLone(keeping.second, []), null);
  keeper.take(keeping.first, PIECE, body(PIECE, GENUINE));
  world.runFor(10);
  assert.deepEqual([keeping.poisoners, keeper.store.have.has(1)], [['second'], true]);
});

test('a piece of one holder that is wrong convicts him at once', () => {
  const { world, keeping, keeper } = scene();
  keeper.take(keeping.first, 0, body(2 * PIECE, POISON));
  world.runFor(10);
  assert.deepEqual([keeping.poisoners, keeper.store.have.count], [['first', 'first'], 0]);
});

test('bytes that came already are not taken again, and the last piece is as short as the file', () => {
  const { world, keeping, keeper } = scene();
  keeper.take(keeping.first, 3 * PIECE, body(100, GENUINE));
  keeper.take(keeping.second, 2 * PIECE, body(PIECE - 1, GENUINE));
  keeper.take(keeping.first, 2 * PIECE + 5, body(PIECE - 5, GENUINE));
  world.runFor(10);
  assert.deepEqual([keeper.store.have.has(2), keeper.store.have.has(3), keeper.keptBytes], [true, true, PIECE + 100]);
});
