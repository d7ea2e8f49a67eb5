/** What vectors can be made for, by name: designs, number formats, dot semantics. */
import { createDesign, DESIGNS, type Design, type DesignOptions } from '../../../rtl-model/designs/index.js';
import { DOT_SEMANTICS } from '../../dot/index.js';
import {
  BLOCK_FORMATS,
  type BlockFormat,
  ELEMENT_FORMATS,
  type ElementFormat,
  widthOf,
} from '../../formats/index.js';
import { ConfigurationError, type Settings, suggest } from '../../numerics/index.js';
import { stagesUnit } from '../cycles/stages.js';
import { streamUnit } from '../cycles/stream.js';
import type { MacEngineName } from '../mac/engine.js';
import type { Manifest } from '../manifest.js';
import type { VectorTarget, VectorUnit } from '../unit.js';
import { codecUnits } from './codec.js';
import { blockUnit, semanticUnit } from './dots.js';
import { laneUnit } from './lane.js';
import { macUnit } from './mac.js';
import { unitVectors } from './quantizer.js';

export { encodeOptions } from './codec.js';

export interface TargetOptions {
  readonly settings?: Settings;
  /** What computes the results of MACs. */
  readonly engine: MacEngineName;
}

/** A kind of target: its names, the settings it takes, and how one is made. */
interface TargetKind {
  readonly kind: VectorTarget['kind'];
  readonly names: () => Iterable<string>;
  /** Undefined where the target checks its settings by itself. */
  readonly takes: readonly string[] | undefined;
  make(
    name: string,
    options: TargetOptions,
  ): { readonly units: readonly VectorUnit[]; readonly settings: Settings };
}

const KINDS: readonly TargetKind[] = [
  { kind: 'design', names: () => DESIGNS.keys(), takes: undefined, make: designTarget },
  {
    kind: 'format',
    names: formatNames,
    takes: ['rounding', 'overflow', 'nanScale'],
    make: formatTarget,
  },
  { kind: 'semantic', names: () => DOT_SEMANTICS.keys(), takes: ['format', 'formatB'], make: semanticTarget },
];

/** The target called `name`. Throws `ConfigurationError` if there is none, or for settings that it does not take. */
export function createTarget(name: string, options: TargetOptions): VectorTarget {
  const found = KINDS.find(({ names }) => [...names()].includes(name));
  if (found === undefined) {
    const all = KINDS.flatMap(({ names }) => [...names()]);
    throw new ConfigurationError(`nothing is called "${name}"`, suggest(name, all));
  }
  const unknown = Object.keys(options.settings ?? {}).find((key) => found.takes?.includes(key) === false);
  if (unknown !== undefined) {
    throw new ConfigurationError(
      `a ${found.kind} has no setting "${unknown}"`,
      `it takes: ${found.takes!.join(', ')}`,
    );
  }
  const { units, settings } = found.make(name, options);
  const configuration = [name, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`)].join(
    ' ',
  );
  return { name, kind: found.kind, configuration, settings, units };
}

function designTarget(name: string, { settings = {}, engine }: TargetOptions) {
  const design = createDesign(name, settings as DesignOptions);
  const all = { ...design.options } as Settings;
  if (design.kind !== 'mac') {
    const unit = unitVectors(design);
    return { settings: all, units: [unit, ...viewsOf(unit, design)] };
  }
  const mac = macUnit(design, { engine });
  const lane = laneUnit(design);
  return { settings: all, units: [mac, ...(lane === undefined ? [] : [lane]), ...viewsOf(mac, design)] };
}

const viewsOf = (unit: VectorUnit, design: Design) => [stagesUnit(unit, design), streamUnit(unit, design)];

/** Formats without bits have no codes to list. */
function formatNames(): string[] {
  const elements = [...ELEMENT_FORMATS].filter(([, format]) => widthOf(format) > 0);
  return [...BLOCK_FORMATS.keys(), ...elements.map(([name]) => name)];
}

function formatTarget(name: string, { settings = {} }: TargetOptions) {
  const block = BLOCK_FORMATS.get(name);
  const texts = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
  const elements = block === undefined ? [ELEMENT_FORMATS.get(name)!] : elementsOf(block);
  const codecs = elements.flatMap((element) => codecUnits(element, texts));
  const dot = block === undefined ? undefined : blockUnit(block, texts);
  return { settings, units: dot === undefined ? codecs : [dot, ...codecs] };
}

/** Elements and scale of a block format; scales without bits have no codec. */
function elementsOf({ choices, scale }: BlockFormat): ElementFormat[] {
  const elements = [...new Set(choices.map(({ element }) => element))];
  return widthOf(scale) === 0 ? elements : [...elements, scale];
}

function semanticTarget(name: string, { settings = {} }: TargetOptions) {
  const texts = Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));
  const unit = semanticUnit(DOT_SEMANTICS.get(name)!, texts);
  return { settings, units: [unit] };
}

/** The target that a manifest's vectors were made for. */
export function targetOfManifest({ target, settings }: Manifest): VectorTarget {
  return createTarget(target, { settings, engine: 'oracle' });
}
