/**
 * `reports/mac-comparison.{html,md,json}`: every MAC design of the project, on the linear layers of a small language
 * model, which lie in `../shared/data`. Minutes: for a nightly run.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createDesign, DESIGNS, type MacDesign } from '../../rtl-model/designs/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { checkedText, ensureChecked } from '../../src/cli/checked.js';
import { compareMacs, overheadsOver } from '../../src/compare/index.js';
import { matrixFromSource } from '../../src/formats/index.js';
import { comparisonFiles } from '../../src/report/index.js';
import { ROOT, writeReport } from './write-report.js';

const TECHNOLOGIES = ['asap7', 'sky130hd'];
const LAYERS = ['qkv', 'o', 'gate', 'down'].map((name) => `blocks.3.${name}`);
const BASELINE = 'nvfp4-exact';

const file = join(ROOT, '..', 'shared', 'data', 'lm_block3.safetensors');
if (!existsSync(file))
  throw new Error(`${relative(ROOT, file)} is not here: reports/mac-comparison needs the real tensors`);

const macs = [...DESIGNS.keys()]
  .map((name) => createDesign(name))
  .filter((design): design is MacDesign => design.kind === 'mac');
const tensors = LAYERS.map((layer) => ({
  a: matrixFromSource(`${file}#${layer}.input`),
  w: matrixFromSource(`${file}#${layer}.weight`),
  name: `${layer}.input and ${layer}.weight`,
}));
const checked = new Map(macs.map((design) => [design.name, checkedText(ensureChecked(design, false))]));
const comparison = compareMacs(macs, TECHNOLOGIES.map(technologyByName), tensors, (text) =>
  console.log(text),
);
for (const { file: name, text } of comparisonFiles(
  comparison,
  overheadsOver(comparison, BASELINE),
  checked,
)) {
  writeReport(name, text);
}
