/** The HiGHS solver (WebAssembly), loaded once a process. */

import imported from 'highs';

type Load = typeof imported.default;
export type Highs = Awaited<ReturnType<Load>>;

let loaded: Promise<Highs> | undefined;

/** The package's types describe its CommonJS form, its import the ES module, whose default export is the loader itself. */
export const highs = (): Promise<Highs> => (loaded ??= (imported as unknown as Load)());

/** What a warm start can do to a solver, a cold one mends: another status than the expected ones is asked for once more. */
export function runTwice(
  model: Pick<ReturnType<Highs['createModel']>, 'run' | 'clearSolver'>,
  expected: readonly number[],
): number {
  const { modelStatus } = model.run();
  if (expected.includes(modelStatus)) return modelStatus;
  model.clearSolver();
  return model.run().modelStatus;
}
