/** The attributes of a file in a torrent (BEP 47), as v1 and v2 both write them; owns no state. */

import { latin1 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { StoreFile } from '../../core/host.ts';
import { type Bencode, type BencodeDict, dictBytes, dictList } from '../../wire/bencode.ts';
import { PATH_DEPTH_MAX, safeName } from '../../wire/safe-path.ts';

export function hasAttribute(dict: BencodeDict, letter: string): boolean {
  return dictBytes(dict, 'attr')?.includes(letter.charCodeAt(0)) === true;
}

/** In the order in which libtorrent writes them, since it changes the info-hash. */
export function attributesOf(file: StoreFile): string | undefined {
  const letters = `${file.pad ? 'p' : ''}${file.executable ? 'x' : ''}${file.symlink === null ? '' : 'l'}`;
  return letters === '' ? undefined : letters;
}

/**
 * Where a symlink leads, from the root of the torrent; `folder` is where it lies. BEP 47 counts from that root; libtorrent writes it as
 * on disk, from the folder of the link, where it has `..`.
 */
export function linkTarget(dict: BencodeDict, folder: readonly Bencode[]): readonly string[] | null {
  const target = dictList(dict, 'symlink path');
  if (target === null) return null;
  const isStep = (component: Bencode | undefined, step: string): boolean => component instanceof Uint8Array && latin1(component) === step;
  const ups = target.findIndex((component) => !isStep(component, '..'));
  // A link that would lead out keeps its dots, which are then made harmless.
  if (ups <= 0 || ups > folder.length) return componentsOf(target);
  return componentsOf([...folder.slice(0, folder.length - ups), ...target.slice(ups)]);
}

/** Safe names, or null unless all are strings and there is at least one. */
export function componentsOf(list: readonly Bencode[] | null): readonly string[] | null {
  if (list === null || list.length === 0) return null;
  if (list.length > PATH_DEPTH_MAX) throw new MalformedMessage(`a path is at most ${PATH_DEPTH_MAX} deep, got ${list.length}`);
  const names: string[] = [];
  for (const component of list) {
    if (!(component instanceof Uint8Array)) return null;
    names.push(safeName(component));
  }
  return names;
}
