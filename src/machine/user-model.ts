/**
 * Machine models that a user writes, as changes to one of the catalogue, in a small YAML file:
 *
 *     extends: hopper
 *     name: faster-copies               # default: the name of the file
 *     figures:
 *       copy.loadBytesPerCycle: { value: 212, unit: B/cycle, source: "assumption: twice the measured one" }
 *
 * `mac` names the design of a grid of MACs, `default-semantic` the dot semantic of an `mma` without a suffix. The paths,
 * units and ranges of figures are those of `FIGURE_KINDS`. Aliases are refused, and a file has at most 64 KiB.
 */
import { readFileSync, statSync } from 'node:fs';
import { parse as parsePath } from 'node:path';
import type { Document, LineCounter, Node, YAMLMap } from 'yaml';
import type { z } from 'zod';
import { INSTRUCTIONS } from '../../isa/index.js';
import { generatorNamed } from '../../rtl-model/designs/index.js';
import type { Program } from '../assembler/index.js';
import { semanticOf } from '../dot/index.js';
import { ConfigurationError, loadYaml, loadZod, suggest } from '../numerics/index.js';
import { machineNamed } from './configuration.js';
import { FIGURE_KINDS, type FigureKind, figureKind, OPTIONAL_PARTS, rangeText } from './figure-kinds.js';
import { figuresOf, type MachineModel, withFigures } from './model.js';
import { DEFAULT_MACHINE, MACHINE_MODELS } from './models/index.js';
import { macFiguresOf } from './netlist-mac.js';

const FILE_LIMIT = 64 * 1024;
const SHOWN_PROBLEMS = 20;

/** A model by its name in the catalogue, or of a file named `.yaml` or `.yml`. Throws `ConfigurationError`. */
export function machineFrom(nameOrFile: string): MachineModel {
  return /\.ya?ml$/i.test(nameOrFile) ? loadMachine(nameOrFile) : machineNamed(nameOrFile);
}

/** The model that a program is to run on: the named one, or else the program's, or else the default. */
export function machineOf({ machine }: Program, nameOrFile: string | undefined): MachineModel {
  return nameOrFile === undefined ? machineNamed(machine ?? DEFAULT_MACHINE) : machineFrom(nameOrFile);
}

/** The model of a YAML file. Throws `ConfigurationError` naming the file, the line, the field, its range and its unit. */
export function loadMachine(path: string): MachineModel {
  const refuse = (reason: string): never => {
    throw new ConfigurationError(`cannot read the machine model ${path}: ${reason}`);
  };
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return refuse('no such file');
  if (!facts.isFile()) return refuse('it is no file');
  if (facts.size > FILE_LIMIT) return refuse(`it has ${facts.size} bytes, at most ${FILE_LIMIT} are read`);
  return parseMachine(readFileSync(path, 'utf8'), path);
}

/**
 * The model of a YAML text.
 * @param where path of the file: for messages, and for the name of a model that has none.
 */
export function parseMachine(text: string, where: string): MachineModel {
  const file = new YamlFile(text, where);
  const { extends: baseName } = file.validated(schemaOfBase());
  const base = MACHINE_MODELS.get(baseName)!;
  const written = file.validated(schemaOf(base));
  const name = written.name ?? parsePath(where).name;
  if (MACHINE_MODELS.has(name))
    file.refuse(['name'], `"${name}" is a model of fp4sim`, 'give yours another name');
  const summary = written.summary ?? `${baseName}, changed`;
  let model: MachineModel = { ...base, name, summary, base: baseName, file: where };
  const { mac, 'default-semantic': semantic } = written;
  if (mac !== undefined) model = file.at(['mac'], () => withMac(model, mac));
  if (semantic !== undefined) {
    file.at(['default-semantic'], () => semanticOf(semantic));
    model = { ...model, defaultSemantic: semantic };
  }
  const figures = Object.entries(written.figures).map(
    ([path, { value, source }]) => [path, { value, source }] as const,
  );
  model = withFigures(model, new Map(figures));
  checkWhole(model, file);
  return model;
}

function withMac(model: MachineModel, design: string): MachineModel {
  const { rate } = model.mma;
  if (rate.kind !== 'grid')
    throw new ConfigurationError(`the MMA unit of ${model.base} is no grid of MACs`, 'extend fp4core');
  generatorNamed(design);
  const mac = { from: 'netlist', design } as const;
  macFiguresOf(mac);
  return { ...model, mma: { ...model.mma, rate: { ...rate, mac } } };
}

/** A part that a file adds to a model must be whole. */
function checkWhole(model: MachineModel, file: YamlFile): void {
  const present = new Set(figuresOf(model).map(({ path }) => path));
  for (const part of OPTIONAL_PARTS) {
    if (model[part] === undefined) continue;
    const missing = pathsOf(part).filter((path) => !present.has(path));
    if (missing.length > 0) {
      file.refuse(['figures'], `${part} is incomplete: it lacks ${missing.join(', ')}`);
    }
  }
}

const pathsOf = (part: string): string[] =>
  FIGURE_KINDS.map(({ path }) => path).filter((path) => path.startsWith(`${part}.`));

/** Figures that a model on this base may have. */
function possiblePaths(base: MachineModel): string[] {
  const added = OPTIONAL_PARTS.filter((part) => base[part] === undefined).flatMap(pathsOf);
  const issue = INSTRUCTIONS.map(({ mnemonic }) => `issueCycles.${mnemonic}`);
  return [...new Set([...figuresOf(base).map(({ path }) => path), ...added, ...issue])];
}

const SOURCE_HINT = 'who measured or published it, or "assumption: …"';

function schemaOfBase() {
  const { z } = loadZod();
  const names = [...MACHINE_MODELS.keys()];
  return z.looseObject(
    {
      extends: z.enum(names, {
        error: ({ input }) =>
          `expected the model to start from: ${names.join(', ')}${input === undefined ? '' : `, not ${shown(input)}`}`,
      }),
    },
    { error: () => 'expected a machine model: extends, name, figures' },
  );
}

function schemaOf(base: MachineModel) {
  const { z } = loadZod();
  const paths = possiblePaths(base);
  const text = (what: string) => z.string({ error: ({ input }) => `expected ${what}, not ${shown(input)}` });
  const fields = {
    extends: z.string(),
    name: text('a name')
      .regex(/^[A-Za-z][\w.-]{0,63}$/, 'expected a letter, then letters, digits, _ . and -, at most 64')
      .optional(),
    summary: text('a text').optional(),
    mac: text('the name of a MAC design').optional(),
    'default-semantic': text('the name of a dot semantic').optional(),
  };
  const figures = z
    .strictObject(
      Object.fromEntries(paths.map((path) => [path, figureSchema(path, figureKind(path)!).optional()])),
      {
        error: (issue) =>
          unknownKeys(issue, `figure of a model on ${base.name}`, paths) ?? 'expected figures',
      },
    )
    .transform((found) => found as Record<string, z.infer<ReturnType<typeof figureSchema>>>);
  return z.strictObject(
    { ...fields, figures: figures.default({}) },
    {
      error: (issue) => unknownKeys(issue, 'field', [...Object.keys(fields), 'figures']) ?? 'expected fields',
    },
  );
}

function figureSchema(path: string, kind: FigureKind) {
  const { z } = loadZod();
  const value = {
    error: ({ input }: { readonly input?: unknown }) =>
      input === undefined
        ? `${path} lacks its value: ${rangeText(kind)}`
        : `${path} is ${shown(input)}: expected ${rangeText(kind)}`,
  };
  const source = {
    error: ({ input }: { readonly input?: unknown }) =>
      input === undefined
        ? `${path} lacks its source: ${SOURCE_HINT}`
        : `the source of ${path} is ${shown(input)}: expected ${SOURCE_HINT}`,
  };
  const number = z.number(value).min(kind.least, value).max(kind.most, value);
  return z.strictObject(
    {
      value: kind.whole ? number.refine(Number.isInteger, value) : number,
      unit: z.literal(kind.unit, {
        error: ({ input }) =>
          input === undefined
            ? `${path} lacks its unit: ${kind.unit}`
            : `${path} is in ${shown(input)}: expected ${kind.unit}`,
      }),
      source: z.string(source).trim().min(1, source),
    },
    {
      error: (issue) =>
        unknownKeys(issue, `field of ${path}`, ['value', 'unit', 'source']) ??
        `${path} is ${shown(issue.input)}: expected { value: …, unit: ${kind.unit}, source: … }`,
    },
  );
}

function unknownKeys(
  issue: { readonly code?: string; readonly keys?: unknown },
  what: string,
  known: readonly string[],
): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const [key] = issue.keys as string[];
  return `unknown ${what} ${shown(key)}: ${suggest(key!.slice(0, 100), known)}`;
}

const SHOWN_LENGTH = 40;

/** What stands in the file, cut to a line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/** A parsed file that knows on which line each field stands. */
class YamlFile {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #value: unknown;

  constructor(
    text: string,
    private readonly where: string,
  ) {
    const yaml = loadYaml();
    this.#lines = new yaml.LineCounter();
    try {
      this.#document = yaml.parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
      const [problem] = this.#document.errors;
      if (problem !== undefined) {
        throw new ConfigurationError(`${this.#place(problem.pos[0])}: not YAML: ${problem.message}`);
      }
      this.#value = this.#document.toJS({ maxAliasCount: 0 });
    } catch (error) {
      if (error instanceof ConfigurationError) throw error;
      throw new ConfigurationError(`${where}: no usable YAML: ${String(error)}`, 'aliases are not resolved');
    }
  }

  /** The file's value by a schema. Throws all that is wrong with it, each with its line. */
  validated<T>(schema: z.ZodType<T>): T {
    const result = schema.safeParse(this.#value);
    if (result.success) return result.data;
    const found = result.error.issues.map((issue) => {
      const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
      return { offset: this.#offsetOf(issue.path.map(String), key), message: issue.message };
    });
    found.sort((a, b) => a.offset - b.offset);
    const all = new Set(found.map(({ offset, message }) => `${this.#place(offset)}: ${message}`));
    const lines = [...all].slice(0, SHOWN_PROBLEMS);
    if (all.size > lines.length) lines.push(`and ${all.size - lines.length} more`);
    throw new ConfigurationError(lines.join('\n'), 'a model to start from: fp4sim machines NAME --yaml');
  }

  refuse(path: readonly string[], message: string, hint?: string): never {
    throw new ConfigurationError(`${this.#place(this.#offsetOf(path))}: ${path.join('.')}: ${message}`, hint);
  }

  /** Does something that may find the field's value wrong. */
  at<T>(path: readonly string[], work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof ConfigurationError) return this.refuse(path, error.message, error.hint);
      throw error;
    }
  }

  /** Where the field begins, or a key in it; or what holds it, where it is missing. */
  #offsetOf(path: readonly string[], key?: string): number {
    const { isMap } = loadYaml();
    let node: unknown = this.#document.contents;
    let offset = 0;
    for (const name of key === undefined ? path : [...path, key]) {
      const pair = isMap(node)
        ? (node as YAMLMap<Node, Node | null>).items.find((item) => String(item.key) === name)
        : undefined;
      if (pair === undefined) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    }
    return offset;
  }

  #place(offset: number): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.where}:${line}:${col}`;
  }
}
