/**
 * Where included files are looked for. A file must lie, all links followed, within the program's folder or one that the
 * caller allows, so that a program cannot read what is none of its business.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

export interface FoundFile {
  /** For people: the path as it was put together. */
  readonly name: string;
  /** The same for the same file, whatever the path. */
  readonly identity: string;
  readonly text: string;
}

/** @param from the file that includes, by its name */
export type IncludeFinder = (
  path: string,
  from: string,
) => FoundFile | { readonly problem: string; readonly hint: string };

/** Bytes of an included file. */
const BYTES_LIMIT = 2 ** 25;

/**
 * A finder that reads files.
 *
 * @param program path of the program; its folder is allowed
 * @param folders more folders that are searched, in this order, and allowed
 */
export function includeFrom(program: string, folders: readonly string[] = []): IncludeFinder {
  const allowed = [dirname(program), ...folders].map(realPath).filter((path) => path !== undefined);
  const answers = new Map<string, ReturnType<typeof look>>();
  return (path, from) => {
    const searched = [dirname(from), ...folders];
    const hint = `looked in ${searched.join(', ')}; -I FOLDER adds another`;
    if (isAbsolute(path))
      return { problem: 'the path is absolute', hint: 'write it from the file that includes' };
    for (const folder of searched) {
      const name = join(folder, path);
      if (!answers.has(name)) answers.set(name, look(name, allowed));
      const answer = answers.get(name);
      if (answer !== undefined) return 'problem' in answer ? { hint, ...answer } : answer;
    }
    return { problem: 'there is no such file', hint };
  };
}

/** What is found under a name; undefined for nothing. */
function look(
  name: string,
  allowed: readonly string[],
): FoundFile | { readonly problem: string; readonly hint?: string } | undefined {
  const identity = realPath(name);
  if (identity === undefined) return undefined;
  if (!allowed.some((root) => isWithin(root, identity))) {
    return { problem: 'it lies outside the folders that may be read', hint: '-I FOLDER allows another' };
  }
  const problem = problemOf(identity);
  if (problem !== undefined) return { problem };
  try {
    return { name, identity, text: readFileSync(identity, 'utf8') };
  } catch {
    return { problem: 'it cannot be read' };
  }
}

function problemOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return 'it is not a file';
  return stat.size > BYTES_LIMIT ? `it has ${stat.size} bytes, more than ${BYTES_LIMIT}` : undefined;
}

/** Undefined for a path that leads nowhere. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
