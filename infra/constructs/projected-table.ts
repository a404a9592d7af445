/** A Glue table over Parquet whose partitions are computed from its declaration, so that nothing has to be registered. */
import { Aws } from 'aws-cdk-lib';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import type { ColumnType, Projection, Schema } from '../declared.ts';

export interface ProjectedTableProps {
  readonly schema: Schema;
  readonly table: Schema['tables'][number];
  readonly bucketName: string;
}

export class ProjectedTable extends Construct {
  readonly table: CfnTable;

  constructor(scope: Construct, id: string, props: ProjectedTableProps) {
    super(scope, id);
    const { schema, table, bucketName } = props;
    const partitions = table.partitions.map((name) => {
      const partition = schema.partitions[name];
      if (partition === undefined)
        throw new Error(`The table ${table.name} names the unknown partition ${name}.`);
      return { name, ...partition };
    });
    const firstPartition = table.location.indexOf('${');
    this.table = new CfnTable(this, 'Table', {
      catalogId: Aws.ACCOUNT_ID,
      databaseName: schema.database,
      tableInput: {
        name: table.name,
        description: table.description,
        tableType: 'EXTERNAL_TABLE',
        partitionKeys: partitions.map(({ name, type, description }) => ({
          name,
          type: glueType(type),
          comment: description,
        })),
        parameters: {
          EXTERNAL: 'TRUE',
          classification: 'parquet',
          'projection.enabled': 'true',
          ...Object.fromEntries(partitions.flatMap(({ name, projection }) => projected(name, projection))),
          'storage.location.template': `s3://${bucketName}/${table.location}`,
        },
        storageDescriptor: {
          columns: table.columns.map(({ name, type, description }) => ({
            name,
            type: glueType(type),
            comment: comment(description),
          })),
          // The last folder that no partition decides.
          location: `s3://${bucketName}/${table.location.slice(0, table.location.lastIndexOf('/', firstPartition) + 1)}`,
          inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
        },
      },
    });
  }
}

/** Glue limits a column comment to 255 characters. */
const comment = (description: string): string => description.slice(0, 255);

const GLUE_TYPES: Readonly<Record<ColumnType, string>> = {
  varchar: 'string',
  date: 'date',
  integer: 'int',
  boolean: 'boolean',
  bigint: 'bigint',
  double: 'double',
};
const glueType = (type: ColumnType): string => GLUE_TYPES[type];

function projected(name: string, projection: Projection): (readonly [string, string])[] {
  const key = (property: string): string => `projection.${name}.${property}`;
  switch (projection.type) {
    case 'injected':
      return [[key('type'), 'injected']];
    case 'enum':
      return [
        [key('type'), 'enum'],
        [key('values'), projection.values.join(',')],
      ];
    case 'date':
      return [
        [key('type'), 'date'],
        [key('format'), projection.format],
        [key('range'), projection.range],
        [key('interval'), String(projection.interval)],
        [key('interval.unit'), projection.unit],
      ];
  }
}
