/** Libraries for files that users write: loaded on first use, as hardly a run reads one and each takes 50 ms. */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);

export const loadYaml = (): typeof import('yaml') => load('yaml') as typeof import('yaml');
export const loadZod = (): typeof import('zod') => load('zod') as typeof import('zod');

/** What is made with the schema library, made on first use. */
export function onFirstUse<S>(make: (zod: typeof import('zod')) => S): () => S {
  let made: S | undefined;
  return () => {
    made ??= make(loadZod());
    return made;
  };
}
