/** Fused units differ in format and semantic only: this makes a design from those. */
import { type DotSemantic, hasBlockScales, type OperandFormat } from '../../../src/dot/index.js';
import { type ElementFormat, widthOf } from '../../../src/formats/index.js';
import {
  type DesignDescription,
  type DesignGenerator,
  type MacDesign,
  macDesign,
  type OperandPorts,
} from '../design.js';
import { fp32Port, moduleName } from './block-design.js';
import { fusedUnit } from './fused.js';

export interface FusedDesign extends DesignDescription {
  readonly format: OperandFormat;
  readonly semantic: DotSemantic;
}

/** The registry row of a fused unit. Its lanes are the step of the semantic. */
export function fusedDesign(design: FusedDesign): DesignGenerator {
  const { name, summary, models, notModelled } = design;
  return { name, summary, models, notModelled, defaults: {}, create: () => createFused(design) };
}

/** A fused unit for any format and semantic that it can take; for other formats than those in the registry. */
export function createFused({
  name,
  summary,
  format,
  semantic,
}: Omit<FusedDesign, 'models' | 'notModelled'>): MacDesign {
  const lanes = Number(semantic.stepK);
  const module = fusedUnit({ moduleName: moduleName(name, { lanes }), summary, format, semantic });
  const resultFactor = semantic.resultFactor;
  const protocol = {
    enable: 'en',
    segmentEnd: 'each',
    first: undefined,
    last: undefined,
    a: operandPorts('a', format, lanes),
    w: operandPorts('w', format, lanes),
    addend: 'c_in',
    done: 'done',
    results: [fp32Port('d')],
    nan: undefined,
    segmentInterval: 1,
  } as const;
  return macDesign(
    { name, summary, a: format, w: format, semantic, resultFactor, lanes, module, protocol },
    {},
  );
}

function operandPorts(name: string, format: OperandFormat, lanes: number): OperandPorts {
  const scaled = hasBlockScales(format);
  const element: ElementFormat = format.kind === 'block' ? format.choices[0].element : format;
  return {
    codes: `${name}_in`,
    codeWidth: widthOf(element),
    scales: scaled ? `${name}_sf` : undefined,
    scaleWidth: scaled ? widthOf(format.scale) : 0,
    blocks: scaled ? lanes / format.blockSize : 0,
    micro: undefined,
    microWidth: 0,
  };
}
