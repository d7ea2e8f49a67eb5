/** Which units have a C model, and what it is made of. */
import { codecOf, ELEMENT_FORMATS, widthOf } from '../../../formats/index.js';
import { float32Bits } from '../../../numerics/index.js';
import type { Manifest, ManifestUnit } from '../../manifest.js';
import { targetOfManifest } from '../../targets/index.js';
import type { Modelled } from './c-model.js';

/** Widest codes of which a decoder is listed. */
const LISTED_BITS = 10;

/** What models a unit of a manifest; undefined where nothing does. */
export function modelledUnit(manifest: Manifest, { unit: name, format }: ManifestUnit): Modelled | undefined {
  if (manifest.kind === 'program') return undefined;
  if (name === 'decode') return decoder(format);
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

function decoder(name: string): Modelled | undefined {
  const format = ELEMENT_FORMATS.get(name);
  if (format === undefined || widthOf(format) > LISTED_BITS) return undefined;
  const { decode } = codecOf(format);
  return {
    kind: 'table',
    values: Array.from({ length: 2 ** widthOf(format) }, (_, code) => float32Bits(decode(code))),
  };
}
