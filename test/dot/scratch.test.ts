import { test } from 'vitest';
import { createOracle, semanticOf } from '../../src/dot/index.js';
import { BLOCK_FORMATS, ELEMENT_FORMATS } from '../../src/formats/index.js';
import { Random } from '../../src/numerics/index.js';
test('speed', () => {
  const r = new Random(1);
  for (const [s, f] of [['blackwell-mxf4nvf4','nvfp4'],['exact','nvfp4'],['exact','if4'],['fp32-per-block','nvfp4'],['fp32-correct','if4'],['published-mac','if4'],['three-accumulators','if4'],['hopper-wgmma-fp8','e4m3'],['s8-s32','int8'],['cdna3-fp8','e4m3-fnuz']] as const) {
    const fmt = BLOCK_FORMATS.get(f) ?? ELEMENT_FORMATS.get(f)!;
    const o = createOracle(semanticOf(s), fmt, fmt);
    const n = 64, rows = 64;
    const codes = Array.from({length: rows}, () => Uint8Array.from({length:n}, () => r.below(256) ));
    const scales = Array.from({length: rows}, () => fmt.kind==='block' ? Uint8Array.from({length:n/16}, () => r.below(126)) : new Uint8Array(0));
    let x = 0; const t = performance.now(); let cnt = 0;
    while (performance.now() - t < 1000) for (let i = 0; i < 1000; i++) { x ^= o.dot(codes[i&63]!, scales[i&63]!, codes[(i*7)&63]!, scales[(i*7)&63]!, s==='published-mac'?0:0x3f800000); cnt++; }
    console.log(s, f, Math.round(cnt / (performance.now()-t) * 1000), 'dots/s K=64', x);
  }
});
