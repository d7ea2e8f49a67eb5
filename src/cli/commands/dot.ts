/** `fp4sim dot` */
import { createOracle, type DotOracle, type OperandFormat, semanticOf } from '../../dot/index.js';
import { codecOf, type ElementFormat, formatCatalogue, formatNamed, widthOf } from '../../formats/index.js';
import { ConfigurationError, float32Bits, Random } from '../../numerics/index.js';
import { dotReport } from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { print } from '../terminal.js';

interface DotOptions {
  readonly semantic: string;
  readonly format: string;
  readonly formatB?: string;
  readonly define?: string;
  readonly a?: string;
  readonly b?: string;
  readonly aScales?: string;
  readonly bScales?: string;
  readonly c: string;
  readonly random?: number;
  readonly json?: boolean;
}

export async function dot(options: DotOptions): Promise<number> {
  const catalogue = formatCatalogue(options.define);
  const formatA = formatNamed(catalogue, options.format);
  const oracle = createOracle(
    semanticOf(options.semantic),
    formatA,
    options.formatB === undefined ? formatA : formatNamed(catalogue, options.formatB),
  );
  for (const { message, hint } of oracle.warnings)
    process.stderr.write(`warning: ${message}\nhint: ${hint}\n`);
  const random = options.random === undefined ? undefined : new Random(options.random);
  const a = operandOf('a', oracle.aFormat, oracle, options.a, options.aScales, random);
  const b = operandOf('b', oracle.bFormat, oracle, options.b, options.bScales, random);
  const trace = oracle.trace(a, b, addendBits(options.c));
  print(options.json ? JSON.stringify(trace, null, 2) : dotReport(trace));
  return ExitCode.fine;
}

interface Codes {
  readonly codes: number[];
  readonly scales: number[];
}

/** The codes of one side: as given (values or 0x codes, filled with zeros to the step), or drawn. */
function operandOf(
  side: string,
  format: OperandFormat,
  { stepK }: DotOracle,
  elements: string | undefined,
  scales: string | undefined,
  random: Random | undefined,
): Codes {
  const element = format.kind === 'block' ? format.choices[0].element : format;
  const draw = (of: ElementFormat) => random && (() => random.below(2 ** widthOf(of)));
  const codes = listOf(`-${side}`, element, elements, draw(element));
  const depth = Math.ceil(Math.max(codes.given, 1) / stepK) * stepK;
  const blocks = format.kind === 'block' ? depth / format.blockSize : 0;
  const scaleCodes =
    format.kind === 'block'
      ? listOf(`--${side}-scales`, format.scale, scales, draw(format.scale))
      : undefined;
  const one = format.kind === 'block' ? codecOf(format.scale).encode(1) : 0;
  return { codes: codes.fill(depth, 0), scales: scaleCodes?.fill(blocks, one) ?? [] };
}

interface CodeList {
  readonly given: number;
  /** The list brought to a length: drawn if random, else filled with a code. */
  readonly fill: (length: number, code: number) => number[];
}

function listOf(
  option: string,
  format: ElementFormat,
  text: string | undefined,
  draw: (() => number) | undefined,
): CodeList {
  const given =
    text === undefined
      ? []
      : text
          .split(/[\s,]+/)
          .filter((item) => item !== '')
          .map((item) => codeOf(option, format, item));
  return {
    given: given.length,
    fill: (length, code) => {
      if (given.length > length) {
        throw new ConfigurationError(
          `${option} has ${given.length} entries, but there is room for ${length}`,
        );
      }
      return [
        ...given,
        ...Array.from({ length: length - given.length }, () => (draw === undefined ? code : draw())),
      ];
    },
  };
}

/** `0x…` is a code; anything else a value that the format must hold exactly. */
function codeOf(option: string, format: ElementFormat, item: string): number {
  const codec = codecOf(format);
  const value = Number(item);
  if (Number.isNaN(value))
    throw new ConfigurationError(`${option}: "${item}" is neither a number nor a 0x code`);
  if (/^0x/i.test(item)) {
    if (value < 2 ** widthOf(format) || (format.name === 'ue4m3' && value < 256)) return value;
    throw new ConfigurationError(
      `${option}: ${item} has more than the ${widthOf(format)} bits of ${format.name}`,
    );
  }
  const code = codec.encode(value);
  if (codec.decode(code) === value) return code;
  throw new ConfigurationError(
    `${option}: ${format.name} does not hold ${item}`,
    `the nearest value is ${codec.decode(code)}`,
  );
}

/** Bits of the addend: a number in FP32, or 0x bits. */
function addendBits(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) throw new ConfigurationError(`-c: "${text}" is neither a number nor 0x bits`);
  return /^0x/i.test(text) ? value >>> 0 : float32Bits(value);
}
