/** Which technology a command line means: one of the project, a fitted table, or a liberty file. */
import { basename } from 'node:path';
import {
  fitTechnology,
  readLibertyFile,
  readTechnologyFile,
  type Technology,
  technologyByName,
} from '../../rtl-model/technology/index.js';

export interface TechnologyChoice {
  readonly technology: string;
  readonly liberty?: string;
}

export function technologyOf({ technology, liberty }: TechnologyChoice): Technology {
  if (liberty === undefined) return technologyByName(technology);
  return liberty.endsWith('.json') ? readTechnologyFile(liberty) : fittedFrom(liberty);
}

/** The table of a liberty file. `name` is for command lines; the file's by default. */
export function fittedFrom(liberty: string, name = stemOf(liberty), licence = 'unknown'): Technology {
  const library = readLibertyFile(liberty);
  return fitTechnology(library, { name, title: library.name, origin: basename(liberty), licence });
}

function stemOf(path: string): string {
  return basename(path)
    .replace(/\.gz$/, '')
    .replace(/\.lib$/, '');
}
