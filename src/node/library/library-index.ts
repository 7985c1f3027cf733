/**
 * The database of what a node shares: a row a file, and its words in a full-text index. Owns the database file. All of it is derived from the
 * folders: a database that cannot be read is made anew.
 */

import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { keywordsOf, keywordsOfFile } from '../../wire/keywords.ts';
import { type FileQuery, HASH_KINDS, type HashKind, type MediaKind, type SharedFile, type SharedFiles } from '../../wire/shared-file.ts';
import type { Digests } from './file-digests.ts';

/** Another number makes all files be read anew. */
const SCHEMA = 1;
const RESULTS_MAX = 1000;
/** Words of a query that count: more would only make it slow. */
const WORDS_MAX = 16;

/** A file as it lies on disk. */
export interface FilePlace {
  /** The shared folder, absolute. */
  readonly root: string;
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

interface Row {
  readonly id: number;
  readonly root: string;
  readonly folder: string;
  readonly name: string;
  readonly bytes: number;
  readonly modified: number;
  readonly kind: MediaKind;
  readonly title: string;
  readonly artist: string;
  readonly album: string;
  readonly genre: string;
  readonly year: number;
  readonly bitrate: number;
  readonly samplerate: number;
  readonly seconds: number;
  readonly sha1: Uint8Array | null;
  readonly tiger: Uint8Array | null;
  readonly ed2k: Uint8Array | null;
  readonly uu: Uint8Array | null;
  readonly head: Uint8Array | null;
  readonly merkle: Uint8Array | null;
}

/** SQLITE_CORRUPT and SQLITE_NOTADB: nothing can be read any more. */
const UNREADABLE = new Set([11, 26]);

const TABLES = `
  CREATE TABLE files (
    id INTEGER PRIMARY KEY, root TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, bytes INTEGER NOT NULL, modified REAL NOT NULL,
    kind TEXT NOT NULL, title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL, genre TEXT NOT NULL, year INTEGER NOT NULL,
    bitrate INTEGER NOT NULL, samplerate INTEGER NOT NULL, seconds INTEGER NOT NULL,
    sha1 BLOB, tiger BLOB, ed2k BLOB, uu BLOB, head BLOB, merkle BLOB
  );
  CREATE UNIQUE INDEX places ON files (root, folder, name);
  CREATE INDEX by_sha1 ON files (sha1) WHERE sha1 IS NOT NULL;
  CREATE INDEX by_tiger ON files (tiger) WHERE tiger IS NOT NULL;
  CREATE INDEX by_ed2k ON files (ed2k) WHERE ed2k IS NOT NULL;
  CREATE INDEX by_uu ON files (uu) WHERE uu IS NOT NULL;
  CREATE INDEX by_head ON files (head) WHERE head IS NOT NULL;
  CREATE INDEX by_merkle ON files (merkle) WHERE merkle IS NOT NULL;
  CREATE TABLE tiger_parts (file INTEGER PRIMARY KEY, part_bytes INTEGER NOT NULL, parts BLOB NOT NULL);
  CREATE VIRTUAL TABLE word_index USING fts5 (words, content = '', contentless_delete = 1, detail = none);
`;

export class LibraryIndex implements SharedFiles {
  version = 0;
  #count = 0;
  #totalBytes = 0;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** `:memory:` keeps it nowhere. */
  constructor(file: string) {
    this.#database = openDatabase(file);
    const { count, bytes } = this.#prepare('SELECT count(*) AS count, total(bytes) AS bytes FROM files').get() as {
      count: number;
      bytes: number;
    };
    this.#count = count;
    this.#totalBytes = bytes;
  }

  get count(): number {
    return this.#count;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  // ---- what networks ask -----------------------------------------------------------------------------------------------------

  search(query: FileQuery): readonly SharedFile[] {
    const limit = Math.min(query.limit, RESULTS_MAX);
    const conditions: string[] = [];
    const values: (string | number)[] = [];
    const filter = (condition: string, value: number | string | undefined): void => {
      if (value === undefined) return;
      conditions.push(condition);
      values.push(value);
    };
    const { words, without = [] } = query;
    const wanted = wordsOf(words);
    const unwanted = wordsOf(without);
    // Nobody's files have words that are none.
    if (words.length > 0 && wanted.length === 0) return [];
    filter('word_index MATCH ?', wanted.length === 0 ? undefined : wanted.join(' AND '));
    filter(
      'files.id NOT IN (SELECT rowid FROM word_index WHERE word_index MATCH ?)',
      unwanted.length === 0 ? undefined : unwanted.join(' OR '),
    );
    filter('kind = ?', query.kind);
    filter('bytes >= ?', query.bytesMin);
    filter('bytes <= ?', query.bytesMax);
    filter('bitrate >= ?', query.bitRateMin);
    filter('bitrate <= ?', query.bitRateMax);
    const from = wanted.length === 0 ? 'files' : 'word_index CROSS JOIN files ON files.id = word_index.rowid';
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const rows = this.#prepare(`SELECT files.* FROM ${from} ${where} LIMIT ?`).all(...values, limit);
    return rows.map((row) => fileOf(row as unknown as Row));
  }

  byId(id: number): SharedFile | null {
    return this.#one('SELECT * FROM files WHERE id = ?', id);
  }

  byHash(kind: HashKind, hash: Uint8Array): SharedFile | null {
    return this.#one(`SELECT * FROM files WHERE ${kind} = ? LIMIT 1`, hash);
  }

  after(id: number, limit: number): readonly SharedFile[] {
    const rows = this.#prepare('SELECT * FROM files WHERE id > ? ORDER BY id LIMIT ?').all(id, Math.min(limit, RESULTS_MAX));
    return rows.map((row) => fileOf(row as unknown as Row));
  }

  /** Where the file lies, absolute parts of its path; null when it is shared no more. */
  placeOf(id: number): FilePlace | null {
    const row = this.#prepare('SELECT * FROM files WHERE id = ?').get(id) as unknown as Row | undefined;
    return row === undefined ? null : placeOfRow(row);
  }

  /** The level of the file's Tiger tree that is kept. */
  tigerPartsOf(id: number): { readonly parts: Uint8Array; readonly partBytes: number } | null {
    const row = this.#prepare('SELECT part_bytes, parts FROM tiger_parts WHERE file = ?').get(id) as
      | { part_bytes: number; parts: Uint8Array }
      | undefined;
    return row === undefined ? null : { parts: row.parts, partBytes: row.part_bytes };
  }

  // ---- what scans change -----------------------------------------------------------------------------------------------------

  /** What is known of a shared folder: size and time of each file, by `folder/name`. */
  placesIn(root: string): Map<string, { readonly id: number; readonly bytes: number; readonly modifiedMs: number }> {
    const rows = this.#prepare('SELECT id, folder, name, bytes, modified FROM files WHERE root = ?').iterate(root);
    const places = new Map<string, { id: number; bytes: number; modifiedMs: number }>();
    for (const row of rows as IterableIterator<unknown> as IterableIterator<Row>) {
      places.set(keyOf(row.folder, row.name), { id: row.id, bytes: row.bytes, modifiedMs: row.modified });
    }
    return places;
  }

  roots(): string[] {
    return this.#prepare('SELECT DISTINCT root FROM files')
      .all()
      .map((row) => (row as { root: string }).root);
  }

  /** Adds a file, or replaces what was known of the one at that place, which keeps its number. */
  put(place: FilePlace, file: Omit<SharedFile, 'id' | 'name' | 'folder' | 'bytes' | 'modifiedMs'>, digests: Digests | null): number {
    const known = this.#prepare('SELECT id, bytes FROM files WHERE root = ? AND folder = ? AND name = ?').get(
      place.root,
      place.folder,
      place.name,
    ) as { id: number; bytes: number } | undefined;
    if (known !== undefined) this.remove(known.id);
    const { tags, hashes, kind } = file;
    const columns = [
      known?.id ?? null,
      ...[place.root, place.folder, place.name, place.bytes, place.modifiedMs, kind],
      ...[tags.title, tags.artist, tags.album, tags.genre, tags.year, tags.bitRate, tags.sampleRate, tags.seconds],
      ...HASH_KINDS.map((hash) => hashes[hash]),
    ];
    const insert = this.#prepare(`INSERT INTO files VALUES (${columns.map(() => '?').join(', ')})`);
    const id = Number(insert.run(...columns).lastInsertRowid);
    const words = keywordsOfFile({ ...place, tags }).join(' ');
    this.#prepare('INSERT INTO word_index (rowid, words) VALUES (?, ?)').run(id, words);
    if (digests !== null) {
      this.#prepare('INSERT INTO tiger_parts VALUES (?, ?, ?)').run(id, digests.tigerPartBytes, digests.tigerParts);
    }
    this.#count++;
    this.#totalBytes += place.bytes;
    this.version++;
    return id;
  }

  remove(id: number): void {
    const row = this.#prepare('SELECT bytes FROM files WHERE id = ?').get(id) as { bytes: number } | undefined;
    if (row === undefined) return;
    this.#prepare('DELETE FROM files WHERE id = ?').run(id);
    this.#prepare('DELETE FROM word_index WHERE rowid = ?').run(id);
    this.#prepare('DELETE FROM tiger_parts WHERE file = ?').run(id);
    this.#count--;
    this.#totalBytes -= row.bytes;
    this.version++;
  }

  /** All of it or nothing: many changes at once are a hundred times faster so. */
  together(work: () => void): void {
    this.#database.exec('BEGIN');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#database.close();
  }

  #one(sql: string, value: number | Uint8Array): SharedFile | null {
    const row = this.#prepare(sql).get(value) as unknown as Row | undefined;
    return row === undefined ? null : fileOf(row);
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** `folder/name`, by which a scan knows a file again. */
export function keyOf(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function openDatabase(file: string): DatabaseSync {
  try {
    return prepared(new DatabaseSync(file));
  } catch (error) {
    if (!UNREADABLE.has((error as { errcode?: number }).errcode ?? 0)) throw error;
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    return prepared(new DatabaseSync(file));
  }
}

/** With the tables of this version; those of another are dropped, as all is on disk still. */
function prepared(database: DatabaseSync): DatabaseSync {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384');
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version === SCHEMA) return database;
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('files', 'tiger_parts', 'word_index')")
    .all();
  for (const table of tables) database.exec(`DROP TABLE ${(table as { name: string }).name}`);
  database.exec(TABLES);
  database.exec(`PRAGMA user_version = ${SCHEMA}`);
  return database;
}

/** As the index takes them. What comes from a network may be anything: only what is a word after all gets into the query, in quotes. */
function wordsOf(words: readonly string[]): string[] {
  return words
    .flatMap(keywordsOf)
    .slice(0, WORDS_MAX)
    .map((word) => `"${word}"`);
}

function placeOfRow({ root, folder, name, bytes, modified }: Row): FilePlace {
  return { root, folder, name, bytes, modifiedMs: modified };
}

function fileOf(row: Row): SharedFile {
  const { id, folder, name, bytes, modified, kind, title, artist, album, genre, year, bitrate, samplerate, seconds } = row;
  const { sha1, tiger, ed2k, uu, head, merkle } = row;
  return {
    id,
    folder,
    name,
    bytes,
    modifiedMs: modified,
    kind,
    tags: { title, artist, album, genre, year, bitRate: bitrate, sampleRate: samplerate, seconds },
    hashes: { sha1, tiger, ed2k, uu, head, merkle },
  };
}
