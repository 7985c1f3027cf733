/**
 * The persistent list of a node's transfers: a SQLite file in the state folder, changed by transactions, and the `.torrent` of each beside
 * it. What a change has written survives `kill -9` and a power failure. Owns the database.
 */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { encodeMetainfo } from '../../transfer/bittorrent/create-metainfo.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { parseMetainfo } from '../../transfer/bittorrent/parse-metainfo.ts';
import { Failure, failureFrom } from '../failure.ts';
import { makeFolder } from '../make-folder.ts';
import { recordOf, type TransferRecord } from './transfer-record.ts';

/** Grows when an older kith could misread the list. */
const SCHEMA_VERSION = 1;
/** A command that reads the list waits so long for a node that writes. */
const BUSY_MS_MAX = 2_000;
const FILE = 'transfers.sqlite';
const TABLE = `CREATE TABLE IF NOT EXISTS transfers (
  info_hash TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT`;

export class TransferList {
  readonly #folder: string;
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #drop: StatementSync;

  /** Throws a Failure when it cannot be opened, or a newer kith has written it. */
  static open(stateFolder: string): TransferList {
    const what = `The list of transfers in ${stateFolder} cannot be opened.`;
    makeFolder(join(stateFolder, 'torrents'), what);
    try {
      const database = new DatabaseSync(join(stateFolder, FILE), { timeout: BUSY_MS_MAX });
      try {
        return new TransferList(stateFolder, database);
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      if (error instanceof Failure) throw error;
      const why = (error as Error).message;
      throw new Failure('failed', what, `The database says: ${why}.`, `If it is damaged, move it away: ${join(stateFolder, FILE)}`);
    }
  }

  private constructor(folder: string, database: DatabaseSync) {
    this.#folder = folder;
    this.#database = database;
    // A reader does not hold up the node, and a commit is one write that either is there or is not.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > SCHEMA_VERSION) throw tooNew(folder, version);
    database.exec(TABLE);
    if (version < SCHEMA_VERSION) database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
    this.#put = database.prepare(
      'INSERT INTO transfers VALUES (?, ?, ?) ON CONFLICT (info_hash) DO UPDATE SET position = excluded.position, record = excluded.record',
    );
    this.#drop = database.prepare('DELETE FROM transfers WHERE info_hash = ?');
  }

  /** In the order of the queue. A row that cannot be read is left alone, and counted by nobody. */
  all(): TransferRecord[] {
    const rows = this.#database.prepare('SELECT record FROM transfers ORDER BY position, info_hash').all() as { record: string }[];
    return rows.map(({ record }) => recordOf(record)).filter((record) => record !== null);
  }

  /** Writes these, all or none; `positionOf` says the place of each in the queue. */
  write(records: Iterable<TransferRecord>, positionOf: (record: TransferRecord) => number): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const record of records) this.#put.run(record.infoHash, positionOf(record), JSON.stringify(record));
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw failureFrom(error, 'The list of transfers cannot be written.');
    }
  }

  remove(infoHash: string): void {
    this.#drop.run(infoHash);
    rmSync(this.#torrentFile(infoHash), { force: true });
  }

  /** The `.torrent`, replaced as a whole. Throws a Failure. */
  keepMetainfo(infoHash: string, metainfo: Metainfo): void {
    const file = this.#torrentFile(infoHash);
    try {
      writeFileSync(`${file}.new`, encodeMetainfo(metainfo), { flush: true });
      renameSync(`${file}.new`, file);
    } catch (error) {
      throw failureFrom(error, `The torrent ${metainfo.name} cannot be kept.`);
    }
  }

  /** Null when there is none, or it is damaged: then the metadata comes from peers again. */
  metainfo(infoHash: string): Metainfo | null {
    try {
      const { buffer, byteOffset, length } = readFileSync(this.#torrentFile(infoHash));
      return parseMetainfo(new Uint8Array(buffer, byteOffset, length));
    } catch {
      return null;
    }
  }

  close(): void {
    this.#database.close();
  }

  #torrentFile(infoHash: string): string {
    return join(this.#folder, 'torrents', `${infoHash}.torrent`);
  }
}

function tooNew(folder: string, version: number): Failure {
  return new Failure(
    'failed',
    `The list of transfers in ${folder} is of a newer kith.`,
    `It has version ${version}, this kith knows ${SCHEMA_VERSION}.`,
    'Use the newer one.',
  );
}
