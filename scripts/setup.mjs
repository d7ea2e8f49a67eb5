/**
 * Set-up in one place: installs the packages and builds what is missing or stale, and does nothing when all is
 * there. Needs nothing but Node and npm. `npm start`, `npm test` and `npm run reports` call it first; `npm install`
 * ends with its second half.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const OLDEST_NODE = 20;
const SOURCES = [
  'src',
  'isa',
  'rtl-model',
  'bench',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];
const INSTALLED = join(root, 'node_modules', '.fp4sim-installed');
const BUILT = join(root, 'dist', '.fp4sim-built');
const KEPT = join(root, 'dist', '.fp4sim-kept');
const NATIVE_SOURCES = ['native/src', 'native/Cargo.toml', 'native/Cargo.lock', 'native/build.rs'];
/** Set for the steps of a set-up, which builds by itself after them. */
const WITHIN = 'FP4SIM_SET_UP';
const NATIVE_BUILT = join(root, 'native', 'binaries', '.fp4sim-built');

/** Installs and builds what is missing or stale. Ends the process with a message if a step fails. */
export function setUp() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE)
    fail(`fp4sim needs Node ${OLDEST_NODE} or newer; this is ${process.versions.node}`);
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  step('installing packages', INSTALLED, lock, [
    // Not `npm ci`: it refuses a lock file in which a registry did not list every platform's optional package.
    'npm',
    'install',
    '--no-save',
    '--include=dev',
    '--no-audit',
    '--no-fund',
  ]);
  build();
}

/** Builds what is stale; `npm install` ends with it, as the script `prepare`, unless the set-up called that. */
function build() {
  const sources = fingerprint(SOURCES);
  step('building', BUILT, sources, [
    process.execPath,
    join('node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'tsconfig.build.json',
  ]);
  // After any change, though only what the change concerns is made again.
  step('cleaning up the logic of the designs', KEPT, sources, [
    process.execPath,
    join('scripts', 'bring-logic.mjs'),
  ]);
  buildNative();
}

/** Runs a command from the root of the project with its output on ours; returns its exit status. */
export function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: process.env });
  if (error) fail(`cannot run ${command}: ${error.message}`);
  return status ?? 1;
}

export function fail(message) {
  console.error(`fp4sim: ${message}`);
  process.exit(1);
}

/**
 * Builds the native kernels where there is a Rust compiler. They are optional: without them everything runs on the
 * other engines, more slowly. What happened for a state of the sources is said once.
 */
function buildNative() {
  const sources = fingerprint(NATIVE_SOURCES);
  if (existsSync(NATIVE_BUILT) && readFileSync(NATIVE_BUILT, 'utf8') === sources) return;
  mkdirSync(dirname(NATIVE_BUILT), { recursive: true });
  if (spawnSync('cargo', ['--version']).status !== 0) {
    console.error('fp4sim: no Rust compiler (cargo): going on without the native kernels');
  } else {
    console.error('fp4sim: building the native kernels …');
    const { status, stderr } = spawnSync('npm', ['run', '--silent', 'build:native'], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    if (status !== 0) {
      const reason = (stderr ?? '').split('\n').find((line) => /error/i.test(line)) ?? 'npm run build:native';
      console.error(`fp4sim: the native kernels do not build here, going on without them: ${reason.trim()}`);
    }
  }
  writeFileSync(NATIVE_BUILT, sources);
}

/** Runs a step unless its stamp says that it ran for this very state. */
function step(what, stamp, state, [command, ...args]) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  console.error(`fp4sim: ${what} …`);
  const env = { ...process.env, [WITHIN]: '1' };
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8', env });
  if (error) fail(`cannot run ${command}: ${error.message}`);
  if (status !== 0) fail(`${what} failed:\n${stdout}${stderr}`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, state);
}

/** A digest of the names, sizes and times of all files below the given places. */
function fingerprint(places) {
  const digest = createHash('sha256');
  const visit = (place) => {
    const path = join(root, place);
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return;
    if (facts.isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(place, name));
    } else {
      digest.update(`${place} ${facts.size} ${facts.mtimeMs}\n`);
    }
  };
  for (const place of places) visit(place);
  return digest.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.env.npm_lifecycle_event !== 'prepare') setUp();
  else if (process.env[WITHIN] === undefined) build();
}
