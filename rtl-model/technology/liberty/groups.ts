/**
 * The groups and attributes of a liberty file. The library's own attributes and one inner group at a time are held in
 * memory; groups nobody asked for are read over without being stored.
 */
import type { ConfigurationError } from '../../../src/numerics/index.js';
import { LibertyTokens } from './tokens.js';

/** `name : value ;` has one value, `name (v1, v2) ;` as many as stand in the parentheses. */
export interface LibertyAttribute {
  readonly name: string;
  readonly values: readonly string[];
  readonly line: number;
}

export interface LibertyGroup {
  readonly name: string;
  readonly arguments: readonly string[];
  readonly line: number;
  readonly attributes: readonly LibertyAttribute[];
  readonly groups: readonly LibertyGroup[];
}

/** What is told about a library's groups while the file is read. */
export interface GroupReader {
  /** Whether a group directly in the library is wanted at all. */
  wants(name: string): boolean;
  /** A wanted group directly in the library, complete; `library` holds the attributes that stand before it. */
  group(group: LibertyGroup, library: LibertyGroup): void;
}

/** Deepest nesting of groups; real libraries have about 8. */
const MAX_DEPTH = 32;
/** Values between one pair of parentheses. */
const MAX_VALUES = 100_000;
/** Groups and attributes inside one group of the library: bounds the memory of a cell. */
const MAX_STATEMENTS = 1_000_000;

/**
 * Reads a liberty file; returns its library group without the groups handed to `reader`.
 * Throws `ConfigurationError` with the line on anything that is not a complete library.
 */
export function readGroups(bytes: Uint8Array, source: string, reader: GroupReader): LibertyGroup {
  const parser = new GroupParser(bytes, source, reader);
  return parser.library();
}

/** The first value of a group's attribute; undefined if it has none of that name. */
export function attribute(group: LibertyGroup, name: string): string | undefined {
  return group.attributes.find((candidate) => candidate.name === name)?.values[0];
}

interface OpenGroup extends LibertyGroup {
  readonly attributes: LibertyAttribute[];
  readonly groups: LibertyGroup[];
}

class GroupParser {
  readonly #tokens: LibertyTokens;
  readonly #reader: GroupReader;
  #statements = 0;

  constructor(bytes: Uint8Array, source: string, reader: GroupReader) {
    this.#tokens = new LibertyTokens(bytes, source);
    this.#reader = reader;
  }

  library(): LibertyGroup {
    const tokens = this.#tokens;
    if (tokens.next() !== 'word' || tokens.text !== 'library') {
      throw tokens.error('a liberty file begins with "library"', 'give a .lib or .lib.gz file');
    }
    const { line } = tokens;
    if (tokens.next() !== '(') throw tokens.error('expected "(" after "library"');
    const names = this.#values();
    if (tokens.next() !== '{') throw tokens.error('expected "{" after "library (…)"');
    tokens.next();
    const library = this.#body(open('library', names, line), 1, true);
    if (tokens.kind !== 'end') throw tokens.error('text after the end of the library');
    return library;
  }

  /** Statements up to the closing brace. The present token is the first one inside; afterwards the one behind. */
  #body(group: OpenGroup, depth: number, store: boolean): LibertyGroup {
    const tokens = this.#tokens;
    if (depth > MAX_DEPTH) throw tokens.error(`groups nested more than ${MAX_DEPTH} deep`);
    while (tokens.kind !== '}') {
      if (tokens.kind === ';') tokens.next();
      else if (tokens.kind === 'word' || tokens.kind === 'string') this.#statement(group, depth, store);
      else throw this.#unexpected(group);
    }
    tokens.next();
    return group;
  }

  #statement(group: OpenGroup, depth: number, store: boolean): void {
    const tokens = this.#tokens;
    const { text: name, line } = tokens;
    if (++this.#statements > MAX_STATEMENTS) {
      throw tokens.error(`more than ${MAX_STATEMENTS} statements in one group of the library`);
    }
    const follows = tokens.next();
    if (follows === ':') {
      const attribute = { name, values: [this.#simpleValue()], line };
      if (store) group.attributes.push(attribute);
    } else if (follows === '(') {
      const values = this.#values();
      if (tokens.next() === '{') this.#group(group, open(name, values, line), depth, store);
      else if (store) group.attributes.push({ name, values, line });
    } else throw tokens.error(`expected ":" or "(" after "${name}"`);
  }

  #group(parent: OpenGroup, group: OpenGroup, depth: number, store: boolean): void {
    this.#tokens.next();
    if (depth > 1) {
      this.#body(group, depth + 1, store);
      if (store) parent.groups.push(group);
      return;
    }
    this.#statements = 0;
    const wanted = this.#reader.wants(group.name);
    this.#body(group, depth + 1, wanted);
    if (wanted) this.#reader.group(group, parent);
    this.#statements = 0;
  }

  /** The value after a colon: words up to a semicolon, the end of the line or a brace. */
  #simpleValue(): string {
    const tokens = this.#tokens;
    const parts: string[] = [];
    tokens.next();
    while (tokens.kind === 'word' || tokens.kind === 'string' || tokens.kind === ',') {
      if (parts.length > 0 && tokens.afterBreak) return parts.join(' ');
      parts.push(tokens.text);
      if (parts.length > MAX_VALUES) throw tokens.error(`a value of more than ${MAX_VALUES} words`);
      tokens.next();
    }
    if (parts.length === 0) throw tokens.error('expected a value after ":"');
    if (tokens.kind === 'end') throw tokens.error('the file ends inside a group');
    if (tokens.kind === ';') tokens.next();
    return parts.join(' ');
  }

  /** Values up to the closing parenthesis, which is the present token afterwards. */
  #values(): string[] {
    const tokens = this.#tokens;
    const values: string[] = [];
    for (let kind = tokens.next(); kind !== ')'; kind = tokens.next()) {
      if (kind === 'word' || kind === 'string') values.push(tokens.text);
      else if (kind === 'end') throw tokens.error('the file ends inside parentheses');
      else if (kind !== ',' && kind !== ':') throw tokens.error(`unexpected "${kind}" inside parentheses`);
      if (values.length > MAX_VALUES) throw tokens.error(`more than ${MAX_VALUES} values in parentheses`);
    }
    return values;
  }

  #unexpected(group: LibertyGroup): ConfigurationError {
    const tokens = this.#tokens;
    if (tokens.kind === 'end') {
      return tokens.error(
        `the file ends inside the group "${group.name}" of line ${group.line}`,
        'the file is truncated',
      );
    }
    return tokens.error(`unexpected "${tokens.kind}" in the group "${group.name}" of line ${group.line}`);
  }
}

function open(name: string, values: readonly string[], line: number): OpenGroup {
  return { name, arguments: values, line, attributes: [], groups: [] };
}
