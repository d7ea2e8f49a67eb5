/** `fp4sim machines`, `formats`, `policies` and `semantics`: what there is. */
import { DOT_SEMANTICS } from '../../dot/index.js';
import { formatCatalogue, formatNamed, POLICY_FIELDS, POLICY_PRESETS } from '../../formats/index.js';
import { MACHINE_MODELS, machineFrom } from '../../machine/index.js';
import { ConfigurationError } from '../../numerics/index.js';
import {
  blockFormatReport,
  elementFormatReport,
  formatList,
  machineList,
  machineReport,
  machineYaml,
  policyReport,
  semanticList,
} from '../../report/index.js';
import { ExitCode } from '../errors.js';
import { print } from '../terminal.js';

interface CatalogueOptions {
  readonly json?: boolean;
  readonly define?: string;
}

export async function machines(
  name: string | undefined,
  { json, yaml }: CatalogueOptions & { readonly yaml?: boolean },
): Promise<number> {
  if (name === undefined) {
    if (yaml)
      throw new ConfigurationError('--yaml prints one model', 'name it: fp4sim machines hopper --yaml');
    const all = [...MACHINE_MODELS.values()];
    print(json ? toJson(all) : machineList(all));
  } else {
    const model = machineFrom(name);
    print(yaml ? machineYaml(model) : json ? toJson(model) : machineReport(model));
  }
  return ExitCode.fine;
}

export async function formats(name: string | undefined, { json, define }: CatalogueOptions): Promise<number> {
  const catalogue = formatCatalogue(define);
  if (name === undefined) {
    const [elements, blocks] = [[...catalogue.elements.values()], [...catalogue.blocks.values()]];
    print(json ? toJson({ elements, blocks }) : formatList(elements, blocks));
  } else {
    const format = formatNamed(catalogue, name);
    const report = format.kind === 'block' ? blockFormatReport(format) : elementFormatReport(format);
    print(json ? toJson(format) : report);
  }
  return ExitCode.fine;
}

export async function policies({ json }: CatalogueOptions): Promise<number> {
  const presets = [...POLICY_PRESETS.values()];
  print(json ? toJson({ fields: POLICY_FIELDS, presets }) : policyReport(POLICY_FIELDS, presets));
  return ExitCode.fine;
}

export async function semantics({ json }: CatalogueOptions): Promise<number> {
  const all = [...DOT_SEMANTICS.values()];
  print(json ? toJson(all) : semanticList(all));
  return ExitCode.fine;
}

/** Exact rationals are printed as fractions, since JSON has no integers of any size. */
function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item),
    2,
  );
}
