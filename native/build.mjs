/**
 * `npm run build:native`: builds the native kernels with @napi-rs/cli and puts them where the engine looks for them.
 * The file is moved into its place, so that processes that have the old one open keep it.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const output = join('native', 'target', 'binaries');
const places = [
  ...['--manifest-path', join('native', 'Cargo.toml')],
  ...['--package-json-path', join('native', 'package.json')],
  ...['--output-dir', output],
];
const napi = join('node_modules', '@napi-rs', 'cli', 'dist', 'cli.js');
const { status } = spawnSync(
  process.execPath,
  [napi, 'build', '--release', '--platform', '--no-js', ...places],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
if (status !== 0) process.exit(status ?? 1);
mkdirSync(join(root, 'native', 'binaries'), { recursive: true });
for (const name of readdirSync(join(root, output))) {
  renameSync(join(root, output, name), join(root, 'native', 'binaries', name));
}
