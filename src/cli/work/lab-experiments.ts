/** From the words of a command line to experiments, with a Failure that helps where a word is none; owns nothing. */

import { closestWord } from '../../core/closest-word.ts';
import {
  type ExperimentFile,
  ExperimentFault,
  experimentsNamed,
  knownExperiments,
  type LoadedExperiment,
  loadExperiment,
} from '../../lab/catalogue.ts';
import { Failure } from '../../node/failure.ts';
import { programWord } from '../follow.ts';

/** Every experiment that the words name, each once; names, files, or folders of files. */
export function filesNamed(words: readonly string[]): readonly ExperimentFile[] {
  const files = words.flatMap((word) => {
    try {
      return experimentsNamed(word, process.cwd());
    } catch (error) {
      throw failureOf(error, word);
    }
  });
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

export async function load(file: ExperimentFile): Promise<LoadedExperiment> {
  try {
    return await loadExperiment(file);
  } catch (error) {
    throw failureOf(error, file.name);
  }
}

function failureOf(error: unknown, word: string): unknown {
  if (!(error instanceof ExperimentFault)) return error;
  const { kind, message, why } = error;
  if (kind === 'invalid') return new Failure('usage', message, why, 'Correct the file; kith help experiments shows one.');
  const names = knownExperiments(process.cwd()).map(({ name }) => name);
  const meant = closestWord(word, names);
  return new Failure('not-found', message, meant === null ? why : `Did you mean ${meant}?`, `All of them: ${programWord()} lab ls`);
}
