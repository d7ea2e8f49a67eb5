import { it } from 'vitest';
import { createDesign } from '../../rtl-model/designs/index.js';
import { mutationSetup } from '../../rtl-model/proof/index.js';
import { mutantsOf, MutationRunner } from '../../rtl-model/simulation/index.js';
it('x', () => {
  for (const name of ['nvfp4-exact', 'nvfp4-lanes']) {
    const design = createDesign(name);
    let t = performance.now();
    const lap = () => { const s = ((performance.now() - t) / 1000).toFixed(2); t = performance.now(); return s; };
    const all = mutantsOf(design.netlist);
    const counts: Record<string, number> = {};
    for (const m of all) counts[m.class] = (counts[m.class] ?? 0) + 1;
    console.log(name, all.length, counts, lap());
    const runner = new MutationRunner(mutationSetup(design, 200, 7));
    console.log('golden', lap());
    const step = Math.max(1, Math.floor(all.length / (name === 'nvfp4-exact' ? 400 : 60)));
    const tally: Record<string, number> = {};
    const late: number[] = [];
    for (let i = 0; i < all.length; i += step) {
      const v = runner.judge(all[i]!);
      tally[v.status] = (tally[v.status] ?? 0) + 1;
      if (v.status === 'killed') late.push(v.cycle);
      if (v.status === 'survived') console.log(all[i]!.class, all[i]!.description);
    }
    console.log(tally, 'latest', Math.max(...late), lap());
  }
}, 600000);
