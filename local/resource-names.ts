/** The name and the ARN of a resource of the templates, as CloudFormation would have given them. */
import type { TemplateResource } from './service.ts';
import { attributeOf, referenceOf, type NamedResource, type Naming } from './template-attributes.ts';
import { LOCAL_ACCOUNT, REGION } from './template-document.ts';

/** No attribute asked for here begins with the endpoint. */
const NAMING: Naming = { account: LOCAL_ACCOUNT, region: REGION, endpoint: '' };

const named = (resource: TemplateResource): NamedResource => ({
  stack: resource.stack,
  logicalId: resource.logicalId,
  type: resource.type,
  property: (name) => resource.properties[name],
});

/** What `Ref` gives: the bucket's, function's, role's, work group's name; the key's id; the state machine's ARN. */
export const physicalId = (resource: TemplateResource): string => referenceOf(named(resource), NAMING);

/** What `Fn::GetAtt … Arn` gives. */
export const arnOf = (resource: TemplateResource): string =>
  resource.type === 'AWS::IAM::ManagedPolicy'
    ? attributeOf(named(resource), 'PolicyArn', NAMING)
    : attributeOf(named(resource), 'Arn', NAMING);
