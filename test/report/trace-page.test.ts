import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/cli.js';
import { requireTool } from '../support/tools.js';
import { GEMM, traced } from './support.js';

const { present, reason } = requireTool('chromium');

describe.skipIf(!present)(`the page in a browser ${reason}`, () => {
  /** The document after its scripts have run, at a place of the page. */
  function shown(html: string, place: string, size = '1200,800'): string {
    const file = join(scratchFolder(), 'timeline.html');
    writeFileSync(file, html);
    const url = `${pathToFileURL(file)}#${place}`;
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--virtual-time-budget=2000',
      `--window-size=${size}`,
    ];
    const { stdout, status } = spawnSync('chromium', [...flags, '--dump-dom', url], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    expect(status).toBe(0);
    return stdout;
  }

  it('shows every stream and unit, searches and zooms', () => {
    const { text, result } = traced('html', GEMM, { cores: 2 });
    const slices = text.match(/^S\.push/gm)!.length;
    const dom = shown(text, 'q=acc.scale&from=10&to=90');
    expect(dom).toContain(`data-slices="${slices}"`);
    // Two cores with a title each, two streams, and the load, store, MMA and vector lines.
    expect(dom).toContain('data-rows="14"');
    // Each scaling is issued once and done once.
    const tiles = 3 * 2;
    expect(dom).toContain(`${result.cycles.toLocaleString('en')} cycles · ${2 * tiles} matches`);
    expect(dom).not.toMatch(/https?:\/\//);
  });

  it('fits a phone, and keeps a hostile file name to itself', () => {
    const hostile = { ...GEMM, file: '</title><script>document.body.dataset.broken=1</script>$&.s' };
    const dom = shown(traced('html', hostile, { cores: 1 }).text, '', '400,700');
    expect(dom).toContain('data-rows="7"');
    expect(dom).not.toContain('data-broken');
  });
});
