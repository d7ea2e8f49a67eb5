/** `npm run bench [-- --quick]`: set up, then measure the kernels; see main.ts. */
import { join } from 'node:path';
import { root, run, setUp } from '../../scripts/setup.mjs';

setUp();
process.exit(
  run(process.execPath, join(root, 'dist', 'bench', 'kernels', 'main.js'), ...process.argv.slice(2)),
);
