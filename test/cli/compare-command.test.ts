/** `fp4sim compare`: its three files, the page in a browser, and what it refuses. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fp4sim, scratchFolder } from '../support/cli.js';
import { requireTool } from '../support/tools.js';

const DESIGNS = ['nvfp4-exact', 'if4-exact49', 'nvint4-exact:predecode=true'];

describe('fp4sim compare', () => {
  let page: string;
  let report: string;
  let facts: { rows: { design: string; sqnrDb: number }[]; overheads: { design: string }[] };

  const scratch = mkdtempSync(join(tmpdir(), 'fp4sim-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  beforeAll(() => {
    const folder = join(scratch, 'comparison');
    const { status, stdout } = fp4sim(['compare', ...DESIGNS, '-o', folder]);
    expect(status).toBe(0);
    const files = stdout.trim().split('\n');
    const [html, markdown, json] = files.map((file) => readFileSync(file, 'utf8')) as [
      string,
      string,
      string,
    ];
    [page, report, facts] = [html, markdown, JSON.parse(json)];
  });

  it('says the same in all three, with what was checked', () => {
    expect(facts.rows.map(({ design }) => design)).toEqual(DESIGNS);
    expect(facts.overheads.map(({ design }) => design)).toEqual(DESIGNS.slice(1));
    for (const { design, sqnrDb } of facts.rows) {
      const row = new RegExp(`\\| ${design} \\| asap7 \\| .* \\| ${sqnrDb.toFixed(2)} \\|`);
      expect(report).toMatch(row);
      expect(page).toContain(`>${sqnrDb.toFixed(2)}</td>`);
      expect(report).toMatch(new RegExp(`- ${design}: [\\d,]+ results .* equal the oracle's`));
    }
    expect(report).toMatch(/if4-exact49 over nvfp4-exact in asap7: \+[\d.]+ % by lanes and tree/);
  });

  it('gives the timing of each pipeline as WaveJSON: a slice a cycle, each stage a cycle after the one before', () => {
    const waves = [...page.matchAll(/<pre class="wave">(.*?)<\/pre>/g)].map(([, text]) =>
      JSON.parse(text!.replaceAll('&quot;', '"')),
    );
    expect(waves.map(({ head }) => head.text)).toEqual(DESIGNS);
    for (const { signal } of waves) {
      const [clock, ...stages] = signal as { wave: string; data?: string[] }[];
      expect(stages.length).toBeGreaterThan(1);
      stages.forEach(({ wave, data }, stage) => {
        expect(wave).toHaveLength(clock!.wave.length);
        expect(wave.indexOf('=')).toBe(stage);
        expect(wave.match(/=/g)).toHaveLength(data!.length);
      });
    }
  });

  it('makes a page that asks nothing of the network', () => {
    expect(page).not.toMatch(/https?:|@import|url\(|<link(?! rel="icon" href="data:,")/);
  });

  const { present, reason } = requireTool('chromium');

  describe.skipIf(!present)(`in a browser ${reason}`, () => {
    /** The document after its scripts and this one have run; errors are kept in it. */
    function shown(script: string, size = '1280,900'): string {
      const file = join(scratchFolder(), 'page.html');
      const trap = `<script>addEventListener('error',(e)=>{document.body.dataset.broken=e.message});console.error=(m)=>{document.body.dataset.broken=m}</script>`;
      const html = page
        .replace('<body>', `<body>${trap}`)
        .replace('</body>', `<script>${script}</script></body>`);
      writeFileSync(file, html);
      const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--window-size=${size}`, '--dump-dom'];
      const { status, stdout } = spawnSync('chromium', [...flags, pathToFileURL(file).href], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      expect(status).toBe(0);
      expect(stdout).not.toContain('data-broken=');
      return stdout;
    }

    const names = `document.body.dataset.order=[...document.querySelectorAll('tbody')][0].innerText.match(/nv\\w+4-exact[\\w:=]*|if4-exact49/g).join(' ')`;

    it('sorts its table by a column, and back', () => {
      const press = `[...document.querySelectorAll('th button')].find((b)=>b.textContent==='dB').click();`;
      const by = [...facts.rows].sort((x, y) => x.sqnrDb - y.sqnrDb).map(({ design }) => design);
      expect(shown(press + names)).toContain(`data-order="${by.join(' ')}"`);
      expect(shown(press + press + names)).toContain(`data-order="${by.reverse().join(' ')}"`);
    });

    it('fits a phone: only tables and drawings scroll sideways', () => {
      const dom = shown(
        'document.body.dataset.wide=document.documentElement.scrollWidth>innerWidth',
        '390,800',
      );
      expect(dom).toContain('data-wide="false"');
      expect(dom.match(/<svg /g)).toHaveLength(3 + 1 + 2 * DESIGNS.length);
    });
  });

  it.each<[string[], RegExp]>([
    [['nvfp4-exakt', '-o', 'out'], /did you mean "nvfp4-exact"/],
    [['quant-nvfp4', '-o', 'out'], /is a quantizer, not a MAC/],
    [['nvfp4-exact', '--technology', 'asap7,asap', '-o', 'out'], /did you mean "asap7"/],
    [['nvfp4-exact', '--tensors', 'normal:16x64:1', '-o', 'out'], /1 tensors: .*give pairs/s],
    [['nvfp4-exact', '--over', 'if4-exact', '-o', 'out'], /not among the designs/],
    [['nvfp4-exact'], /required option/],
  ])('%j is refused with a hint, and nothing is written', (args, message) => {
    const folder = scratchFolder();
    const { status, stderr } = fp4sim(['compare', ...args], folder);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('leaves a folder alone that has something in it', () => {
    const folder = join(scratchFolder(), 'full');
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    const { status, stderr } = fp4sim(['compare', 'nvfp4-exact', '--unchecked', '-o', folder]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/is not empty.*--force/s);
    expect(existsSync(join(folder, 'mac-comparison.md'))).toBe(false);
  });
});
