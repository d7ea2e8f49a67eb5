/** `fp4sim compare` */
import { keptLogic, type OperandMatrices } from '../../../rtl-model/analysis/index.js';
import type { MacDesign } from '../../../rtl-model/designs/index.js';
import { technologyByName } from '../../../rtl-model/technology/index.js';
import { compareMacs, overheadsOver } from '../../compare/index.js';
import { matrixFromSource } from '../../formats/index.js';
import { comparisonFiles } from '../../mac-report/index.js';
import { ConfigurationError, suggest } from '../../numerics/index.js';
import { checkedText, ensureChecked } from '../checked.js';
import { designNamed } from '../design-names.js';
import { ExitCode } from '../errors.js';
import { writeFolder } from '../files.js';
import { sampleOperands } from '../sample-operands.js';
import { print, progressLine } from '../terminal.js';

interface CompareOptions {
  readonly technology: string;
  readonly tensors?: readonly string[];
  readonly over?: string;
  readonly unchecked?: boolean;
  readonly output: string;
  readonly force?: boolean;
}

export async function compare(names: readonly string[], options: CompareOptions): Promise<number> {
  const { unchecked = false, output, force = false, over = names[0]! } = options;
  const distinct = [...new Set(names)];
  if (!distinct.includes(over)) {
    throw new ConfigurationError(`--over ${over} is not among the designs`, suggest(over, distinct));
  }
  const designs = new Map(distinct.map((name) => [name, macNamed(name)]));
  const technologies = [...new Set(options.technology.split(','))].map((name) =>
    technologyByName(name.trim()),
  );
  const tensors = pairsOf(options.tensors);
  const progress = progressLine();
  const checked = new Map<string, string>();
  for (const [name, design] of designs) {
    progress.update(`${name}: checking`);
    checked.set(name, checkedText(ensureChecked(design, unchecked)));
  }
  const comparison = compareMacs(designs, technologies, tensors, {
    logicOf: keptLogic,
    onProgress: (text) => progress.update(text),
  });
  progress.clear();
  const files = comparisonFiles(comparison, overheadsOver(comparison, over), checked);
  writeFolder(output, files, { force });
  print(files.map(({ file }) => `${output}/${file}`).join('\n'));
  return ExitCode.fine;
}

function macNamed(text: string): MacDesign {
  const design = designNamed(text);
  if (design.kind !== 'mac') throw new ConfigurationError(`"${text}" is a ${design.kind}, not a MAC`);
  return design;
}

function pairsOf(sources: readonly string[] | undefined): OperandMatrices[] {
  if (sources === undefined) return [sampleOperands()];
  if (sources.length === 0 || sources.length % 2 !== 0) {
    throw new ConfigurationError(
      `${sources.length} tensors: a MAC has two operands`,
      'give pairs: the first operand, then the second',
    );
  }
  return Array.from({ length: sources.length / 2 }, (_, i) => {
    const [a, w] = [sources[2 * i]!, sources[2 * i + 1]!];
    return { a: matrixFromSource(a), w: matrixFromSource(w), name: `${shortName(a)} and ${shortName(w)}` };
  });
}

/** The key of a tensor in a file, or the source as it is. */
function shortName(source: string): string {
  return source.slice(source.lastIndexOf('#') + 1);
}
