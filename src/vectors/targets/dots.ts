/** Vectors of dot products without a design: one step of a semantic, and the exact dot product of one block. */
import { createMac, type DotUnit, type OperandPorts } from '../../../rtl-model/designs/index.js';
import {
  ADVERSARIAL_CLASS_NAMES,
  ADVERSARIAL_CLASSES,
  type AdversarialClassName,
  type AdversarialOperand,
  adversarialTile,
  createOracle,
  type DotSemantic,
  hasBlockScales,
  type OperandFormat,
  stepOf,
} from '../../dot/index.js';
import { type BlockFormat, formatCatalogue, formatNamed, widthOf } from '../../formats/index.js';
import { ConfigurationError, type Random } from '../../numerics/index.js';
import { dotCoverage } from '../coverage/dots/model.js';
import { type Columns, setCodes } from '../layout.js';
import { OracleEngine } from '../mac/engine.js';
import { explainDot } from '../mac/explain.js';
import { type MacVectors, macVectors, type SideFields } from '../mac/layout.js';
import { dotPolicies, finiteScales } from '../mac/policies.js';
import { markSegment } from '../mac/segments.js';
import type { Level, VectorClass, VectorUnit } from '../unit.js';
import { dotRules, LEFT_OUT_WITH, macClasses } from './mac.js';

/** Formats tried in turn for a semantic that names none. */
const USUAL_FORMATS = [
  'nvfp4',
  'if4',
  'mxfp4',
  'mxfp8_e4m3',
  'e4m3',
  'e4m3-fnuz',
  'fp16',
  'bf16',
  'tf32',
  'int8',
] as const;
/** Dots of a class at each level. */
const COUNTS: Readonly<Record<0 | 1 | 3, number>> = { 0: 64, 1: 4096, 3: 131_072 };
/** Rows and columns of a drawn tile: its dots are consecutive vectors. */
const TILE = 8;

export interface SemanticOptions {
  readonly format?: string;
  /** Of side b; that of side a where absent. */
  readonly formatB?: string;
}

/** One step of a semantic. Throws `ConfigurationError` if it does not take the formats. */
export function semanticUnit(semantic: DotSemantic, options: SemanticOptions): VectorUnit {
  const [a, w] = formatsFor(semantic, options);
  const lanes = stepOf(semantic, a, w);
  const unit: DotUnit = {
    name: semantic.name,
    summary: semantic.summary,
    lanes,
    a,
    w,
    semantic,
    resultFactor: semantic.resultFactor,
    protocol: {
      enable: 'en',
      segmentEnd: 'each',
      first: undefined,
      last: undefined,
      a: portsOf('a', a, lanes),
      w: portsOf('b', w, lanes),
      addend: semantic.addend === 'taken' ? 'c' : undefined,
      done: 'done',
      results: [{ port: 'd', width: 32, kind: 'bits', unitExponent: 0 }],
      nan: undefined,
      segmentInterval: 1,
    },
  };
  const vectors = macVectors(unit);
  return { ...dotUnit('dot', semantic.name, vectors), classes: adversarialClasses(vectors) };
}

function formatsFor(
  semantic: DotSemantic,
  options: SemanticOptions,
): readonly [OperandFormat, OperandFormat] {
  const catalogue = formatCatalogue();
  if (options.format !== undefined) {
    const a = formatNamed(catalogue, options.format);
    return [a, options.formatB === undefined ? a : formatNamed(catalogue, options.formatB)];
  }
  for (const name of USUAL_FORMATS) {
    const format = catalogue.blocks.get(name) ?? catalogue.elements.get(name);
    if (format !== undefined && takes(semantic, format)) return [format, format];
  }
  throw new ConfigurationError(`no usual format fits "${semantic.name}"`, 'name one: SEMANTIC:format=NAME');
}

function takes(semantic: DotSemantic, format: OperandFormat): boolean {
  try {
    createOracle(semantic, format, format);
    return true;
  } catch (error) {
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}

function portsOf(side: string, format: OperandFormat, lanes: number): OperandPorts {
  const element = format.kind === 'block' ? format.choices[0].element : format;
  const scaled = hasBlockScales(format);
  return {
    codes: side,
    codeWidth: widthOf(element),
    scales: scaled ? `${side}_sf` : undefined,
    scaleWidth: scaled ? 8 : 0,
    blocks: scaled ? lanes / format.blockSize : 0,
    micro: undefined,
    microWidth: 0,
  };
}

/** What both kinds of dot products share. */
function dotUnit(unit: string, policy: string, vectors: MacVectors): Omit<VectorUnit, 'classes'> {
  const { design, layout } = vectors;
  const { a, w } = design;
  return {
    unit,
    format: a.name === w.name ? a.name : `${a.name}-${w.name}`,
    policy,
    summary: design.summary,
    layout,
    interface: undefined,
    leftOutWith: LEFT_OUT_WITH,
    rules: dotRules(design),
    policies: () => dotPolicies(vectors),
    dots: vectors,
    coverage: () => dotCoverage(vectors),
    explain: (columns, lines) => explainDot(vectors, columns, lines),
  };
}

function adversarialClasses(vectors: MacVectors): VectorClass[] {
  const engine = new OracleEngine(vectors);
  const levels = [0, 1, 3] as const satisfies readonly Level[];
  return levels.flatMap((level) =>
    ADVERSARIAL_CLASS_NAMES.map(
      (name): VectorClass => ({
        name,
        summary: ADVERSARIAL_CLASSES[name].aims,
        level,
        vectors: COUNTS[level],
        adjustable: level === 3,
        fill: (columns, { count }, random) => {
          for (let line = 0; line < count; line += TILE * TILE)
            putTile(vectors, columns, line, Math.min(TILE * TILE, count - line), name, random);
          engine.compute(columns, count);
        },
      }),
    ),
  );
}

/** Every row with every column of a drawn tile, as far as there is room. */
function putTile(
  vectors: MacVectors,
  columns: Columns,
  from: number,
  count: number,
  name: AdversarialClassName,
  random: Random,
): void {
  const { semantic, a, w, lanes } = vectors.design;
  const tile = adversarialTile(name, semantic, a, w, { rows: TILE, cols: TILE, depth: lanes }, random);
  const [left, right] = vectors.sides;
  for (let i = 0; i < count; i++) {
    putRow(left, columns, from + i, tile.a, Math.floor(i / TILE), lanes);
    putRow(right, columns, from + i, tile.b, i % TILE, lanes);
    markSegment(vectors, columns, { from: from + i, to: from + i + 1 }, tile.c[i]!);
  }
}

function putRow(
  { ports, codes, scales }: SideFields,
  columns: Columns,
  line: number,
  operand: AdversarialOperand,
  row: number,
  lanes: number,
): void {
  setCodes(columns, codes, line, ports.codeWidth, operand.codes.subarray(row * lanes, (row + 1) * lanes));
  if (scales === undefined) return;
  const { blocks, scaleWidth } = ports;
  setCodes(columns, scales, line, scaleWidth, operand.scales.subarray(row * blocks, (row + 1) * blocks));
}

/** Designs whose register says what an exact block dot product is, by format. */
const EXACT_DESIGNS: Readonly<Record<string, string>> = {
  nvfp4: 'nvfp4-exact',
  if4: 'if4-exact49',
  mxfp4: 'mxfp4-exact',
  nvint4: 'nvint4-exact',
  mixfp4: 'mixfp4-exact',
};

export interface BlockOptions {
  /** What a NaN scale code means: NaN (with its flag), or the largest finite scale. */
  readonly nanScale?: string;
}

/** The exact dot product of one block on each side; undefined for formats without an exact design. */
export function blockUnit(format: BlockFormat, { nanScale = 'nan' }: BlockOptions): VectorUnit | undefined {
  const name = EXACT_DESIGNS[format.name];
  if (name === undefined) return undefined;
  if (nanScale !== 'nan' && nanScale !== 'largest')
    throw new ConfigurationError(`unknown nanScale "${nanScale}"`, 'expected nan or largest');
  const mac = createMac(name, { lanes: format.blockSize });
  const ports = (side: 'a' | 'w'): OperandPorts => ({
    ...mac.protocol[side],
    codes: side,
    scales: `${side}_sf`,
    scaleWidth: 8,
  });
  const protocol = {
    ...mac.protocol,
    segmentEnd: 'each',
    first: undefined,
    last: undefined,
    a: ports('a'),
    w: ports('w'),
  } as const;
  const unit: DotUnit = { ...mac, summary: `exact dot product of one ${format.name} block`, protocol };
  const read: DotUnit = nanScale === 'nan' ? unit : { ...unit, expectation: finiteScales(unit) };
  const vectors = macVectors(read);
  const engine = new OracleEngine(vectors);
  return {
    ...dotUnit('block', `exact-${nanScale}`, vectors),
    rules: {
      ...dotRules(read),
      nanScale:
        nanScale === 'nan' ? 'a NaN scale sets nan' : 'a NaN scale code is read as the largest finite scale',
    },
    classes: macClasses(vectors, () => engine),
  };
}
