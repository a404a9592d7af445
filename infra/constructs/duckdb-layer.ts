/** The layer with DuckDB's native code, refused unless it is built for the processor the functions run on. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export const LAYER_FOLDER = 'build/layers/duckdb';
const BINDINGS = 'nodejs/node_modules/@duckdb/node-bindings-linux-arm64';
const NATIVE_FILES = [`${BINDINGS}/duckdb.node`, `${BINDINGS}/libduckdb.so`];

export interface DuckdbLayerProps {
  readonly folder: string;
}

export class DuckdbLayer extends Construct {
  readonly layer: LayerVersion;

  constructor(scope: Construct, id: string, props: DuckdbLayerProps) {
    super(scope, id);
    for (const file of NATIVE_FILES) refuseForeignProcessor(join(props.folder, file));
    this.layer = new LayerVersion(this, 'Layer', {
      layerVersionName: 'tvt-duckdb',
      description: 'DuckDB, native code for arm64',
      code: Code.fromAsset(props.folder, { exclude: ['**/package-lock.json', '**/.package-lock.json'] }),
      compatibleArchitectures: [Architecture.ARM_64],
      compatibleRuntimes: [Runtime.NODEJS_24_X],
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

/** Offsets of an ELF header (System V ABI): magic at 0, class at 4, byte order at 5, machine at 18. */
const ELF_MAGIC = '7f454c46';
const ELF_CLASS_64 = 2;
const ELF_LITTLE_ENDIAN = 1;
const ELF_MACHINE_AARCH64 = 183;

/** @throws Error in words: npm ends well even when it has fetched nothing for the processor it was asked for. */
export function refuseForeignProcessor(path: string): void {
  if (!existsSync(path))
    throw new Error(
      `${path} is missing: run "node infra/layers/duckdb/install.mjs" (npm ci does) and synthesise again.`,
    );
  const header = Buffer.alloc(20);
  const file = openSync(path, 'r');
  readSync(file, header, 0, header.length, 0);
  closeSync(file);
  const isArm64 =
    header.subarray(0, 4).toString('hex') === ELF_MAGIC &&
    header[4] === ELF_CLASS_64 &&
    header[5] === ELF_LITTLE_ENDIAN &&
    header.readUInt16LE(18) === ELF_MACHINE_AARCH64;
  if (!isArm64)
    throw new Error(
      `${path} is not native code for Linux on arm64, which the functions run on; install the layer again.`,
    );
}
