/** The bench's model written as Splink writes it: materialised pairs, a double join, CASE levels, components by SQL. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { BlockingRule, Comparison, LinkageModel } from '../../../linkage/model.ts';

const PART: Readonly<Record<string, (column: string) => string>> = {
  all: (column) => column,
  initial: (column) => `substr(${column}, 1, 1)`,
  year: (column) => `substr(${column}, 1, 4)`,
  district: (column) => `regexp_extract(${column}, '^([A-Z0-9]+) ', 1)`,
};

/** Runs CSV to clusters; leaves the tables `predictions` (a, b, weight) and `clusters` (id, cluster). */
export async function splinkShaped(
  connection: DuckDBConnection,
  csv: string,
  model: LinkageModel,
): Promise<number> {
  const run = (sql: string) => connection.run(sql);
  await run(`create table people as select * from read_csv('${csv}', all_varchar = true)`);
  await run('create table df as select cast(id as bigint) as unique_id, * exclude (id) from people');
  const frequent = model.comparisons
    .filter(({ termFrequency }) => termFrequency === true)
    .map(({ column }) => column);
  for (const column of frequent)
    await run(
      `create table tf_${column} as select ${column}, count(*)::double / sum(count(*)) over () as tf_${column} from df where ${column} is not null group by ${column}`,
    );
  await run(
    `create table df_tf as select df.*, ${frequent.map((column) => `tf_${column}`).join(', ')} from df ${frequent.map((column) => `left join tf_${column} using (${column})`).join(' ')}`,
  );
  await run(
    `create table blocked as ${model.blocking.map((rule, index) => blockedSql(rule, model.blocking.slice(0, index), index)).join(' union all ')}`,
  );
  const levels = model.comparisons.map((comparison, index) => `${levelSql(comparison)} as g${index}`);
  await run(
    `create table compared as select l.unique_id as a, r.unique_id as b, ${frequent.map((column) => `l.tf_${column} as tl_${column}, r.tf_${column} as tr_${column}`).join(', ')}, ${levels.join(', ')}
     from blocked join df_tf l on l.unique_id = blocked.a join df_tf r on r.unique_id = blocked.b`,
  );
  const weights = model.comparisons.map((comparison, index) => weightSql(comparison, index)).join(' + ');
  await run(
    `create table predictions as select a, b, weight from (select a, b, ${model.priorBits} + ${weights} as weight from compared) where weight >= ${model.thresholdBits}`,
  );
  const counted = await (
    await connection.run('select count(*)::double as pairs from blocked')
  ).getRowObjectsJS();
  await components(connection);
  return Number(counted[0]?.['pairs']);
}

function ruleSql(rule: BlockingRule): string {
  return rule.parts
    .map(({ column, take = 'all' }) => `${PART[take]?.(`l.${column}`)} = ${PART[take]?.(`r.${column}`)}`)
    .join(' and ');
}

function blockedSql(rule: BlockingRule, earlier: readonly BlockingRule[], index: number): string {
  const not = earlier.map((one) => ` and not coalesce(${ruleSql(one)}, false)`).join('');
  return `select ${index} as match_key, l.unique_id as a, r.unique_id as b from df l inner join df r on ${ruleSql(rule)} where l.unique_id < r.unique_id${not}`;
}

function levelSql({ kind, column }: Comparison): string {
  const [l, r] = [`l.${column}`, `r.${column}`];
  const missing = `when ${l} is null or ${r} is null then -1 when ${l} = ${r} then 0`;
  if (kind === 'name')
    return `case ${missing} when jaro_winkler_similarity(${l}, ${r}) >= 0.92 then 2 when jaro_winkler_similarity(${l}, ${r}) >= 0.8 then 3 else 4 end`;
  if (kind === 'date')
    return `case ${missing} when ${swapped(l)} = ${r} or ${swapped(r)} = ${l} then 1 when hamming(${l}, ${r}) = 1 then 2 when substr(${l}, 1, 4) = substr(${r}, 1, 4) then 3 else 4 end`;
  if (kind === 'postcode')
    return `case ${missing} when left(${l}, length(${l}) - 2) = left(${r}, length(${r}) - 2) then 1 when regexp_extract(${l}, '^([A-Z0-9]+) ', 1) = regexp_extract(${r}, '^([A-Z0-9]+) ', 1) then 2 else 3 end`;
  return `case ${missing} else 1 end`;
}

/** Day and month exchanged, null where that is no date. */
const swapped = (date: string): string =>
  `case when substr(${date}, 9, 2) <= '12' then substr(${date}, 1, 5) || substr(${date}, 9, 2) || '-' || substr(${date}, 6, 2) end`;

function weightSql({ m, u, termFrequency, column }: Comparison, index: number): string {
  const cases = m.map((value, level) => `when ${level} then ${Math.log2(value / (u[level] ?? 1))}`).join(' ');
  const plain = `case g${index} ${cases} else 0.0 end`;
  if (termFrequency !== true) return plain;
  return `${plain} + case g${index} when 0 then log2(${u[0] ?? 1}) - log2(greatest(tl_${column}, tr_${column})) else 0.0 end`;
}

/** Smallest reachable record as the cluster, as Splink does it: representatives pass along until nothing changes. */
async function components(connection: DuckDBConnection): Promise<void> {
  await connection.run(
    'create table neighbours as select a as node, b as other from predictions union all select b, a from predictions',
  );
  await connection.run('create table clusters as select unique_id as id, unique_id as cluster from df');
  for (;;) {
    await connection.run(
      `create or replace table moved as
       select neighbours.node as id, min(other.cluster) as cluster from neighbours join clusters other on other.id = neighbours.other
       group by neighbours.node`,
    );
    const changed = await (
      await connection.run(
        'select count(*)::double as changed from clusters join moved using (id) where moved.cluster < clusters.cluster',
      )
    ).getRowObjectsJS();
    if (Number(changed[0]?.['changed']) === 0) return;
    await connection.run(
      `create or replace table clusters as
       select clusters.id, least(clusters.cluster, coalesce(moved.cluster, clusters.cluster)) as cluster from clusters left join moved using (id)`,
    );
  }
}
