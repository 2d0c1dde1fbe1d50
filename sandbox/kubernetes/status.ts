import { resourceKey, type Resource } from './resources.ts';

export interface Cause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** An answer that is not a success, worded as the API server words it. */
export class ApiFailure extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: object | undefined;
  constructor(code: number, reason: string, message: string, details?: object) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
  toStatus(): object {
    return {
      kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: this.message, ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }), code: this.code,
    };
  }
}

const detailsOf = (resource: Resource, name?: string) => ({ ...(name !== undefined && { name }), ...(resource.group && { group: resource.group }), kind: resource.plural });

export const notFound = (resource: Resource, name: string) =>
  new ApiFailure(404, 'NotFound', `${resourceKey(resource)} "${name}" not found`, detailsOf(resource, name));

export const noSuchPath = () => new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {});

export const methodNotAllowed = () => new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

export const alreadyExists = (resource: Resource, name: string) =>
  new ApiFailure(409, 'AlreadyExists', `${resourceKey(resource)} "${name}" already exists`, detailsOf(resource, name));

export const staleVersion = (resource: Resource, name: string) =>
  new ApiFailure(409, 'Conflict', `Operation cannot be fulfilled on ${resourceKey(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`, detailsOf(resource, name));

export const anotherUid = (resource: Resource, name: string, asked: string, actual: string) =>
  new ApiFailure(409, 'Conflict', `Operation cannot be fulfilled on ${kindAndGroup(resource)} "${name}": the UID in the precondition (${asked}) does not match the UID in record (${actual}). The object might have been deleted and then recreated`, preconditionDetails(resource, name));

export const anotherVersion = (resource: Resource, name: string, asked: string, actual: string) =>
  new ApiFailure(409, 'Conflict', `Operation cannot be fulfilled on ${kindAndGroup(resource)} "${name}": the ResourceVersion in the precondition (${asked}) does not match the ResourceVersion in record (${actual}). The object might have been modified`, preconditionDetails(resource, name));

const kindAndGroup = (resource: Resource): string => (resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`);
const preconditionDetails = (resource: Resource, name: string) => ({ name, ...(resource.group && { group: resource.group }), kind: resource.kind });

export const badRequest = (message: string) => new ApiFailure(400, 'BadRequest', message);

export const unauthorized = () => new ApiFailure(401, 'Unauthorized', 'Unauthorized');

export const unsupportedMediaType = () => new ApiFailure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});

export const patchDoesNotApply = () => new ApiFailure(422, 'Invalid', 'the server rejected our request due to an error in our request', {});

export function forbidden(attempt: { user: string; verb: string; resource: Resource; subresource: string; namespace: string; name: string }): ApiFailure {
  const { resource, name, namespace } = attempt;
  const what = name === '' ? resourceKey(resource) : `${resourceKey(resource)} "${name}"`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const target = attempt.subresource === '' ? resource.plural : `${resource.plural}/${attempt.subresource}`;
  return new ApiFailure(
    403, 'Forbidden',
    `${what} is forbidden: User "${attempt.user}" cannot ${attempt.verb} resource "${target}" in API group "${resource.group}" ${where}`,
    detailsOf(resource, name === '' ? undefined : name),
  );
}

/** 422 with one cause per field, as validation answers it. `kind` may be one that is not stored, such as `PatchOptions`. */
export function invalid(of: { kind: string; group: string }, name: string, causes: readonly Cause[]): ApiFailure {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const title = of.group === '' ? of.kind : `${of.kind}.${of.group}`;
  return new ApiFailure(422, 'Invalid', `${title} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`, {
    ...(name !== '' && { name }), ...(of.group !== '' && { group: of.group }), kind: of.kind, causes,
  });
}

/** The patched object does not decode into its type: the answer quotes it whole. */
export function undecodable(object: object, problem: string): ApiFailure {
  const message = `Invalid value: ${JSON.stringify(JSON.stringify(object))}: ${problem}`;
  return new ApiFailure(422, 'Invalid', ` "" is invalid: patch: ${message}`, { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] });
}

export const wrongKind = (resource: Resource, sent: { apiVersion?: unknown; kind?: unknown }) =>
  badRequest(`${String(sent.kind)} in version "${String(sent.apiVersion)}" cannot be handled as a ${resource.kind}: converting (${String(sent.apiVersion)}.${String(sent.kind)}) to (${resource.group || 'core'}.${resource.kind}): unknown conversion`);
