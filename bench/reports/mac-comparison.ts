/**
 * `reports/mac-comparison.{html,md,json}`: every MAC in five technologies, on the linear layers of a
 * small language model, which lie in `../shared/data`. Arguments: other designs. Minutes: for a nightly run.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createMac } from '../../rtl-model/designs/index.js';
import { technologyByName } from '../../rtl-model/technology/index.js';
import { checkedText, ensureChecked } from '../../src/cli/checked.js';
import { compareMacs, overheadsOver } from '../../src/compare/index.js';
import { matrixFromSource } from '../../src/formats/index.js';
import { comparisonFiles } from '../../src/mac-report/index.js';
import { ROOT, writeReport } from './write-report.js';

const DESIGNS = [
  'nvfp4-exact',
  'if4-exact49',
  'nvint4-exact',
  'mixfp4-exact',
  'mxfp4-exact',
  'hif4-exact',
  'if4-three-acc',
  'nvfp4-fp32',
  'if4-fp32-49',
  'if4-fp32-correct',
  'nvfp4-fused35',
  'mxfp4-fused35',
  'nvfp4-lanes',
  'if4-lanes',
  'fp8-fused13',
  'bf16-fused25',
  'int8-exact',
];
const TECHNOLOGIES = ['asap7', 'gt2n', 'ihp', 'osu018', 'sky130hd'];
const LAYERS = ['qkv', 'o', 'gate', 'down'].map((name) => `blocks.3.${name}`);
/** What overheads are counted over, if it is among them. */
const BASELINE = 'nvfp4-exact';

const file = join(ROOT, '..', 'shared', 'data', 'lm_block3.safetensors');
if (!existsSync(file))
  throw new Error(`${relative(ROOT, file)} is not here: reports/mac-comparison needs the real tensors`);

const chosen = process.argv.slice(2);
const macs = new Map((chosen.length > 0 ? chosen : DESIGNS).map((name) => [name, createMac(name)]));
const tensors = LAYERS.map((layer) => ({
  a: matrixFromSource(`${file}#${layer}.input`),
  w: matrixFromSource(`${file}#${layer}.weight`),
  name: `${layer}.input and ${layer}.weight`,
}));
const checked = new Map([...macs].map(([name, design]) => [name, checkedText(ensureChecked(design, false))]));
const comparison = compareMacs(macs, TECHNOLOGIES.map(technologyByName), tensors, {
  onProgress: (text) => console.log(text),
});
for (const { file: name, text } of comparisonFiles(
  comparison,
  overheadsOver(comparison, BASELINE),
  checked,
)) {
  writeReport(name, text);
}
