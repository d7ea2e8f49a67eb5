/** `npm run reports`: regenerates everything under reports/. Each entry is one built script that writes its files there. */
import { join } from 'node:path';
import { fail, root, run, setUp } from './setup.mjs';

/** Built modules, run in this order. */
const GENERATORS = [
  'gemm-nvfp4',
  'conformance',
  'statistics',
  'formats',
  'speed',
  'proofs',
  'recipes',
  'estimates',
  'estimate-time',
  'mac-comparison',
  'if4-claim',
];

setUp();
for (const name of GENERATORS) {
  if (run(process.execPath, join(root, 'dist', 'bench', 'reports', `${name}.js`)) !== 0)
    fail(`the report ${name} failed`);
}
