/** Which units have a C model, and what it is made of. */
import {
  createDesign,
  type DesignOptions,
  type MacDesign,
  type UnitDesign,
} from '../../../../rtl-model/designs/index.js';
import type { BlockFormat } from '../../../formats/index.js';
import { ELEMENT_FORMATS } from '../../../formats/index.js';
import type { Manifest, ManifestUnit } from '../../manifest.js';
import { encodeOptions, targetOfManifest } from '../../targets/index.js';
import { laneDot } from '../../targets/lane.js';
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
      return laneModel(designOf(manifest) as MacDesign);
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

function laneModel(design: MacDesign): DotModel {
  return { kind: 'dot', unit: laneDot(design), nanScale: design.semantic.operands.nanScale };
}

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
