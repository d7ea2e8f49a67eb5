/**
 * `npm run build:native`: builds the native kernels with @napi-rs/cli and puts them where the engine looks for them.
 * The file is moved into its place, so that processes that have the old one open keep it.
 *
 * `npm run build:native -- --c`: builds the library for C programs instead, native/binaries/libfp4sim_native.a, whose
 * header is native/include/fp4sim.h.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = join('native', 'Cargo.toml');
const binaries = join(root, 'native', 'binaries');

function run(command, parameters) {
  const { status, error } = spawnSync(command, parameters, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`cannot run ${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

/** Moves the files of a folder that `wanted` names into their place. */
function install(folder, wanted) {
  mkdirSync(binaries, { recursive: true });
  for (const name of readdirSync(join(root, folder)).filter(wanted))
    renameSync(join(root, folder, name), join(binaries, name));
}

if (process.argv.includes('--c')) {
  const features = ['--no-default-features', '--features', 'c'];
  const library = ['--lib', '--crate-type', 'staticlib', '--release', '--offline'];
  const target = join('native', 'target', 'c');
  run('cargo', ['rustc', '--manifest-path', manifest, ...features, ...library, '--target-dir', target]);
  install(join(target, 'release'), (name) => /^(lib)?fp4sim_native\.(a|lib)$/.test(name));
} else {
  const output = join('native', 'target', 'binaries');
  const napi = join('node_modules', '@napi-rs', 'cli', 'dist', 'cli.js');
  const places = ['--manifest-path', manifest, '--package-json-path', join('native', 'package.json')];
  const files = ['--platform', '--no-js', '--output-dir', output];
  run(process.execPath, [napi, 'build', '--release', ...places, ...files]);
  install(output, () => true);
}
