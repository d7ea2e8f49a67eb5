/** Colour on terminals. */
import { PLAIN, type Style } from '../text/index.js';

/** Colour on a terminal that wants it, plain text elsewhere. */
export function styleFor(stream: NodeJS.WriteStream): Style {
  if (!stream.isTTY || process.env.NO_COLOR !== undefined) return PLAIN;
  const paint = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;
  return { good: paint(32), bad: paint(31), heading: paint(1) };
}
