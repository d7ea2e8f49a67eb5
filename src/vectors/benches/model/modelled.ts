/** Which units have a C model, and what it is made of. */
import {
  createDesign,
  type DesignOptions,
  type MacDesign,
  oneLane,
  type UnitDesign,
} from '../../../../rtl-model/designs/index.js';
import type { BlockFormat } from '../../../formats/index.js';
import { ELEMENT_FORMATS } from '../../../formats/index.js';
import { withRole } from '../../layout.js';
import { layoutOfUnit, type Manifest, type ManifestUnit } from '../../manifest.js';
import { encodeOptions, targetOfManifest } from '../../targets/index.js';
import type { Modelled } from './c-model.js';
import type { DotModel } from './dot.js';

/** Elements that the transform takes at once. */
const TRANSFORMED = 16;

/** What models a unit of a manifest; undefined where nothing does. */
export function modelledUnit(manifest: Manifest, unit: ManifestUnit): Modelled | undefined {
  if (manifest.kind === 'program') return undefined;
  const texts = Object.fromEntries(
    Object.entries(manifest.settings).map(([key, value]) => [key, String(value)]),
  );
  switch (unit.unit) {
    case 'decode':
      return { kind: 'decoder', format: elementNamed(unit.format) };
    case 'encode': {
      const format = elementNamed(unit.format);
      return { kind: 'encoder', format, options: encodeOptions(format, texts) };
    }
    case 'lane':
      return laneModel(designOf(manifest) as MacDesign, unit);
    case 'quantizer': {
      const { format, policy } = designOf(manifest) as UnitDesign;
      return { kind: 'quantizer', format: format as BlockFormat, policy };
    }
    case 'transform':
      return { kind: 'transform', size: TRANSFORMED };
    default:
      return dotModel(manifest, unit);
  }
}

const elementNamed = (name: string) => ELEMENT_FORMATS.get(name)!;

const designOf = ({ target, settings }: Manifest) => createDesign(target, settings as DesignOptions);

function dotModel(manifest: Manifest, { unit: name }: ManifestUnit): DotModel | undefined {
  const unit = targetOfManifest(manifest).units.find((one) => one.unit === name);
  if (unit?.dots === undefined) return undefined;
  const { design } = unit.dots;
  const largest = manifest.settings.nanScale === 'largest';
  return {
    kind: 'dot',
    unit: design,
    nanScale: largest ? 'largest-finite' : design.semantic.operands.nanScale,
  };
}

/** A lane is a dot product of one pair of elements; FP32 lanes then give the product as it is, −0 included. */
function laneModel(design: MacDesign, unit: ManifestUnit): DotModel {
  const { semantic, protocol } = design;
  const { accumulation } = semantic;
  const layout = layoutOfUnit(unit);
  const [result] = withRole(layout, 'result');
  const side = (name: 'a' | 'w') => ({
    ...protocol[name],
    codes: name,
    scales: `${name}_sf`,
    scaleWidth: layout.fields.find((field) => field.name === `${name}_sf`)!.width,
    blocks: 1,
  });
  const isFloat = accumulation.kind === 'lanes';
  const port = { port: result!.name, width: result!.width };
  const alone = isFloat ? ({ ...accumulation, lanes: 1, firstProduct: 'loaded' } as const) : accumulation;
  return {
    kind: 'dot',
    nanScale: semantic.operands.nanScale,
    stepK: 1,
    unit: {
      ...design,
      lanes: 1,
      semantic: { ...semantic, accumulation: alone },
      protocol: {
        ...protocol,
        segmentEnd: 'each',
        first: undefined,
        last: undefined,
        addend: undefined,
        a: side('a'),
        w: side('w'),
        results: [
          isFloat
            ? { ...port, kind: 'bits', unitExponent: 0 }
            : { ...port, kind: 'fixed-point', unitExponent: oneLane(design.a as BlockFormat).unitExponent },
        ],
        nan: isFloat ? undefined : 'nan',
      },
    },
  };
}
