import { test } from 'vitest';
import { semanticOf } from '../../src/dot/index.js';
import { typescriptKernels as K } from '../../src/kernels/index.js';
import { BLOCK_FORMATS, ELEMENT_FORMATS } from '../../src/formats/index.js';
import { Random } from '../../src/numerics/index.js';
test('speed', () => {
  const r = new Random(1);
  const n = 1024;
  for (const [s, f] of (process.env.SPEED ?? 'blackwell-mxf4nvf4:nvfp4').split(',').map((x) => x.split(':') as [string, string])) {
   for (const mode of ['ordinary', 'random']) {
    const fmt = BLOCK_FORMATS.get(f) ?? ELEMENT_FORMATS.get(f)!;
    const sem = semanticOf(s);
    const bs = fmt.kind === 'block' ? fmt.blockSize : 0;
    const mk = (side: 'a'|'b') => K.prepare({ format: fmt, rows: n, depth: n, codes: Uint8Array.from({length: n*n}, () => r.below(16)), scales: Uint8Array.from({length: bs ? n*n/bs : 0}, () => mode === 'random' ? r.below(127) : 0x60 + r.below(16)) }, side, sem);
    const t0 = performance.now(); const a = mk('a'), b = mk('b'); const t1 = performance.now();
    const acc = K.accumulator(sem, fmt, fmt, n, n);
    let best = Infinity;
    for (let i = 0; i < 4; i++) { const t = performance.now(); K.accumulate(acc, a, b, true); best = Math.min(best, performance.now()-t); }
    const t2 = performance.now(); K.read(acc);
    console.log(s, f, mode, 'prep', Math.round(t1-t0), 'ms', best, 'GMAC/s', n**3/best/1e6, 'read ms', performance.now()-t2);
   }
  }
}, 600000);
