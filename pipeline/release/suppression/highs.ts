/** The HiGHS solver (WebAssembly), loaded once a process. */

import imported from 'highs';

type Load = typeof imported.default;
export type Highs = Awaited<ReturnType<Load>>;

let loaded: Promise<Highs> | undefined;

/** The package's types describe its CommonJS form, its import the ES module, whose default export is the loader itself. */
export const highs = (): Promise<Highs> => (loaded ??= (imported as unknown as Load)());
