/** What Athena knows: the tables the schema files declare, and a work group for the gate and for each partner's analysts. */
import { Aws, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { bucketNames, keys } from '../../pipeline/zones.ts';
import { BoundedWorkGroup } from '../constructs/bounded-work-group.ts';
import { ProjectedTable } from '../constructs/projected-table.ts';
import type { Partner, Schema } from '../declared.ts';
import { GATE_WORK_GROUP, analystsWorkGroup } from '../names.ts';

const GIGABYTE = 10 ** 9;
/** Six years of one region's linked tables are a few gigabytes; a query that reads more has lost its partitions. */
const GATE_BYTES_PER_QUERY = 50 * GIGABYTE;
/** Released tables are small. */
const ANALYST_BYTES_PER_QUERY = GIGABYTE;

export interface CatalogueStackProps extends StackProps {
  readonly schemas: readonly Schema[];
  readonly partners: readonly Partner[];
  readonly queryResultsKeyArn: string;
}

export class CatalogueStack extends Stack {
  constructor(scope: Construct, id: string, props: CatalogueStackProps) {
    super(scope, id, props);
    for (const schema of props.schemas) this.database(schema);
    this.workGroup(props, GATE_WORK_GROUP, keys.queryResults.gate, GATE_BYTES_PER_QUERY);
    for (const { id: partner, short } of props.partners)
      this.workGroup(
        props,
        analystsWorkGroup(short),
        keys.queryResults.analysts(partner),
        ANALYST_BYTES_PER_QUERY,
      );
  }

  private database(schema: Schema): void {
    const database = new CfnDatabase(this, schema.database, {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: schema.database },
    });
    for (const table of schema.tables)
      new ProjectedTable(this, `${schema.database}.${table.name}`, {
        schema,
        table,
        bucketName: bucketNames.zone(schema.zone, Aws.ACCOUNT_ID),
      }).table.addResourceDependency(database);
  }

  private workGroup(props: CatalogueStackProps, name: string, prefix: string, bytesPerQuery: number): void {
    new BoundedWorkGroup(this, name, {
      name,
      description: name === GATE_WORK_GROUP ? 'Agreed reports only' : 'Released tables of one recipient',
      bucketName: bucketNames.zone('query-results', Aws.ACCOUNT_ID),
      prefix,
      keyArn: props.queryResultsKeyArn,
      bytesPerQuery,
      classification: name === GATE_WORK_GROUP ? 'pseudonymous' : 'released',
    });
  }
}
