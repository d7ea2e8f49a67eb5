/** Technologies as JSON text, one cell a line: the form of the built-in tables and of files that users keep. */
import { readFileSync } from 'node:fs';
import { ConfigurationError, onFirstUse } from '../../src/numerics/index.js';
import { MUX4 } from './multiplexer.js';
import type { CellClass, CellFigures, Technology } from './technology.js';

const schema = onFirstUse(buildSchema);

function buildSchema({ z }: typeof import('zod')) {
  const nonNegative = z.number().min(0);
  const linear = z.tuple([z.number(), z.number(), z.number()]).readonly();
  const edge = z.strictObject({ delay: linear, transition: linear });
  const figures = {
    cell: z.string(),
    areaUm2: nonNegative,
    leakageNw: z.number(),
    inputCapacitanceFf: nonNegative,
    energyFj: z.number(),
    rise: edge,
    fall: edge,
  };
  const flipFlop = z.strictObject({
    ...figures,
    setupPs: z.number(),
    clockCapacitanceFf: nonNegative,
    clockEnergyFj: z.number(),
    invertedOutput: z.boolean(),
  });
  /** JSON has no undefined: a missing flip-flop is null. */
  const maybeFlipFlop = flipFlop.nullable().transform((value) => value ?? undefined);
  const fitError = z.strictObject({ meanAbsolute: nonNegative, worst: nonNegative });
  const drives = z.tuple([z.strictObject(figures)], z.strictObject(figures)).readonly();

  return z.strictObject({
    name: z.string(),
    title: z.string(),
    source: z.string(),
    licence: z.string(),
    date: z.string(),
    voltageV: z.number().positive(),
    temperatureC: z.number(),
    units: z.strictObject({ area: z.string(), delay: z.string() }),
    fo4Ps: z.number().positive(),
    nand2AreaUm2: z.number().positive(),
    fit: z.strictObject({ delay: fitError, transition: fitError }),
    flipFlops: z.strictObject({ reset0: maybeFlipFlop, reset1: maybeFlipFlop, plain: maybeFlipFlop }),
    classes: z
      .array(
        z
          .strictObject({
            name: z.string(),
            inputs: z.int().min(1).max(6),
            table: z.int(),
            high: z.int().optional(),
            drives,
          })
          .refine(isKnownFunction, 'of six inputs, a four-way multiplexer is the only function'),
      )
      .min(1),
  });
}

function isKnownFunction({ inputs, table, high }: Pick<CellClass, 'inputs' | 'table' | 'high'>): boolean {
  return inputs < MUX4.inputs ? high === undefined : table === MUX4.table && high === MUX4.high;
}

/** The text of a technology; ends in a newline. */
export function technologyToJson(value: Technology): string {
  const { classes, flipFlops, ...head } = value;
  const headLines = Object.entries(head).map(
    ([key, part]) => `  ${JSON.stringify(key)}: ${JSON.stringify(part)}`,
  );
  const registers = (['reset0', 'reset1', 'plain'] as const).map(
    (key) => `    "${key}": ${JSON.stringify(flipFlops[key] ?? null)}`,
  );
  return `{
${headLines.join(',\n')},
  "flipFlops": {
${registers.join(',\n')}
  },
  "classes": [
${classes.map(classText).join(',\n')}
  ]
}
`;
}

function classText({ drives: all, ...functionOfClass }: CellClass): string {
  const head = JSON.stringify(functionOfClass).slice(0, -1);
  const rows = all.map((drive: CellFigures) => `      ${JSON.stringify(drive)}`);
  return `    ${head},"drives":[\n${rows.join(',\n')}]}`;
}

/** The technology of a text that `technologyToJson` wrote and nobody has touched since: nothing is checked. */
export function technologyFromOwnJson(text: string): Technology {
  return JSON.parse(text, (_, value: unknown) => value ?? undefined) as Technology;
}

/** The technology of a text. `source` names the text in errors (`ConfigurationError`). */
export function technologyFromJson(text: string, source: string): Technology {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ConfigurationError(`${source} is not JSON: ${(error as Error).message}`);
  }
  const result = schema().safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ConfigurationError(
    `${source} is no technology: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    'fit one from a liberty file',
  );
}

/** Reads a technology that `technologyToJson` wrote to a file. */
export function readTechnologyFile(path: string): Technology {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`cannot read ${path}: ${(error as Error).message}`);
  }
  return technologyFromJson(text, path);
}
