/** `npm start`: set up, then assemble and run the NVFP4 GEMM on real tensors and print the report. */
import { join } from 'node:path';
import { root, run, setUp } from './setup.mjs';

setUp();
const program = join('programs', 'gemm_nvfp4.s');
process.exit(
  run(
    process.execPath,
    join(root, 'dist', 'src', 'cli', 'main.js'),
    'run',
    program,
    ...process.argv.slice(2),
  ),
);
