/**
 * The parser toolkit, loaded from its single-file build when that is there: 10 ms instead of the 250 ms that its
 * several hundred modules take, on every start of the command line.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

async function load(): Promise<typeof import('chevrotain')> {
  const entry = pathToFileURL(createRequire(import.meta.url).resolve('chevrotain'));
  const bundle = new URL('../chevrotain.min.mjs', entry); // beside lib/src/api.js
  try {
    return await import(bundle.href);
  } catch {
    return import('chevrotain');
  }
}

export const { createToken, EmbeddedActionsParser, Lexer, EOF } = await load();
