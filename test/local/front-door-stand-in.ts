/** Starts a stand-in on a fresh data directory from the fixture templates, for the tests of the front door. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '../../local/service.ts';
import { startStandIn, type RunningStandIn, type StandInOptions } from '../../local/start.ts';

export const FIXTURES = join(import.meta.dirname, 'fixtures', 'front-door');

export interface Started extends RunningStandIn {
  readonly dataDir: string;
  /** Closes it and removes its data. */
  remove(): Promise<void>;
}

export async function startFixture(options: Partial<StandInOptions> = {}): Promise<Started> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'tvt-front-door-'));
  const services: readonly ServiceName[] = ['kms'];
  const running = await startStandIn({
    templatesDir: FIXTURES,
    port: 0,
    seed: 'front door',
    services,
    ...options,
    dataDir,
  });
  return {
    ...running,
    dataDir,
    remove: async () => {
      await running.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
