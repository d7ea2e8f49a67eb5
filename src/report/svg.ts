/**
 * Pictures by Vega-Lite as SVG text, without a browser. Points carry no descriptions of their own for screen readers, and
 * places have two decimals: thousands of points are a file of a third of the size.
 */
import type { TopLevelSpec } from 'vega-lite';

const DESCRIPTIONS = / (?:aria-[a-z]+|role)="[^"]*"/g;
const LONG_NUMBER = /-?\d+\.\d{3,}/g;

/** The picture of a specification as SVG text. */
export async function svgOf(specification: TopLevelSpec): Promise<string> {
  const [{ compile }, vega] = await Promise.all([import('vega-lite'), import('vega')]);
  const { spec } = compile(specification);
  const svg = await new vega.View(vega.parse(spec), { renderer: 'none' }).toSVG();
  return svg
    .replaceAll(DESCRIPTIONS, '')
    .replaceAll(LONG_NUMBER, (number) => String(Number(Number(number).toFixed(2))));
}
