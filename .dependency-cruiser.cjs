/** The arrows between the rooms, each with a sentence for the person who breaks it. */
const room = (name) => `^${name}/`;
const stages = [
  'landing',
  'normalise',
  'match',
  'report',
  'release',
  'agreement',
  'ledger',
  'retention',
  'rights',
];

module.exports = {
  forbidden: [
    {
      name: 'linkage-stands-alone',
      severity: 'error',
      comment:
        'linkage/ is a general record-linkage engine: it knows nothing of police, health or AWS, nor of npm.',
      from: { path: room('linkage') },
      to: { pathNot: room('linkage'), dependencyTypesNot: ['core'] },
    },
    {
      name: 'pipeline-knows-no-aws',
      severity: 'error',
      comment:
        'pipeline/ is the meaning: files and values in, files and values out. AWS belongs in functions/.',
      from: { path: room('pipeline') },
      to: {
        path: ['aws-sdk', '@smithy', '@middy', room('functions'), room('infra'), room('local'), room('cli')],
      },
    },
    {
      name: 'one-file-knows-duckdb',
      severity: 'error',
      comment: 'Only pipeline/parquet.ts (and the stand-in’s Athena) may know the Parquet library.',
      from: { path: '^(pipeline|functions|cli|linkage)/', pathNot: '^pipeline/parquet\\.ts$' },
      to: { path: '@duckdb' },
    },
    ...stages.map((stage) => ({
      name: `stage-${stage}-imports-no-other-stage`,
      severity: 'error',
      comment: 'Stages do not import each other: the workflow joins them, in one visible place.',
      from: { path: `^pipeline/${stage}/` },
      to: { path: `^pipeline/(${stages.filter((other) => other !== stage).join('|')})/` },
    })),
    {
      name: 'functions-use-pipeline-and-sdk-only',
      severity: 'error',
      comment: 'A Lambda is thin: parse, read S3, call a stage, write S3.',
      from: { path: room('functions') },
      to: { path: [room('infra'), room('local'), room('cli'), room('test')] },
    },
    {
      name: 'infra-holds-no-runtime-code',
      severity: 'error',
      comment:
        'infra/ names paths of the rooms; of their code it may import only zones.ts, the names of things.',
      from: { path: room('infra') },
      to: { path: '^(pipeline|functions|linkage|local|cli)/', pathNot: '^pipeline/zones\\.ts$' },
    },
    {
      name: 'cli-is-a-client',
      severity: 'error',
      comment:
        'cli/ drives the stand-in and a deployed stack alike, through AWS’s own API; it never reaches into either.',
      from: { path: room('cli') },
      to: { path: [room('functions'), room('infra'), `${room('local')}(?!main\\.ts$)`] },
    },
    {
      name: 'local-never-imports-the-product',
      severity: 'error',
      comment: 'The stand-in runs what the templates name; it may not know the product it stands under.',
      from: { path: room('local') },
      to: { path: '^(pipeline|functions|linkage|infra|cli)/' },
    },
    {
      name: 'agpl-stays-outside',
      severity: 'error',
      comment:
        'The policy evaluator is AGPL: a development dependency of the stand-in and the tests, never in a bundle.',
      from: { pathNot: [room('local'), room('test')] },
      to: { path: '@cloud-copilot' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      comment: 'Test fixtures are no part of the product.',
      from: { pathNot: room('test') },
      to: { path: room('test') },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'A circle has no beginning to read from.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
