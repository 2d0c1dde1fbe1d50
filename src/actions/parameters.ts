/**
 * The types of everything that a person, a catalog or an alert may put into an action. A value is parsed once, at the door, and
 * carries its brand from there on; what does not fit never reaches a cluster, a URL or a command line (GUARANTEES T-06, P-1 to P-3).
 * Each refusal says what would fit. No value that may end in a command line can begin with `-`.
 */
import { z } from 'zod';

const labelPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Length is checked before the pattern, so that a text of any size is refused at once. Half a character is none: a program would get something else than was shown. */
function text(maxLength: number, pattern: RegExp, wouldFit: string) {
  return z.string({ error: wouldFit }).max(maxLength, { abort: true }).regex(pattern).refine((value) => value.isWellFormed());
}

function wholeNumber(minimum: number, maximum: number, wouldFit: string) {
  return z.int({ error: wouldFit }).min(minimum).max(maximum);
}

const labelWouldFit = 'must be a name of at most 63 lower-case letters, digits and hyphens, such as stock-service';

export const LabelName = text(63, labelPattern, labelWouldFit).brand<'LabelName'>();
export type LabelName = z.output<typeof LabelName>;

export const Namespace = text(63, labelPattern, labelWouldFit).brand<'Namespace'>();
export type Namespace = z.output<typeof Namespace>;

export const ContainerName = text(63, labelPattern, labelWouldFit).brand<'ContainerName'>();
export type ContainerName = z.output<typeof ContainerName>;

/** RFC 1123 subdomain: what Kubernetes accepts as the name of most objects. */
export const ResourceName = text(
  253,
  subdomainPattern,
  'must be a name of at most 253 lower-case letters, digits, hyphens and dots, such as stock-service-7d9f',
).brand<'ResourceName'>();
export type ResourceName = z.output<typeof ResourceName>;

/** Equality of labels only, joined by commas, as the catalog writes it: `app=stock-api,tier=web`. */
export const Selector = text(
  1000,
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?=[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?(?:,(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?=[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)*$/,
  'must be labels and values such as app=stock-api, joined by commas',
).brand<'Selector'>();
export type Selector = z.output<typeof Selector>;

/** A context of the kubeconfig, as its file names it. */
export const ContextName = text(253, /^[A-Za-z0-9][A-Za-z0-9_.@:/-]*$/, 'must be the name of a context in the kubeconfig').brand<'ContextName'>();
export type ContextName = z.output<typeof ContextName>;

/** Helm's own rule for release names. */
export const ReleaseName = text(
  53,
  subdomainPattern,
  'must be a release name of at most 53 lower-case letters, digits, hyphens and dots, such as stock-service',
).brand<'ReleaseName'>();
export type ReleaseName = z.output<typeof ReleaseName>;

const tagWouldFit = 'must be an image tag of at most 128 letters, digits, dots, hyphens and underscores, such as v2.4.1';
export const ImageTag = text(128, /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, tagWouldFit)
  .refine((tag) => tag.toLowerCase() !== 'latest', { error: 'must be a tag that always means the same image; latest does not' })
  .brand<'ImageTag'>();
export type ImageTag = z.output<typeof ImageTag>;

/** The bounds of one component are the catalog's; this is the most that any of them could mean. */
export const Replicas = wholeNumber(0, 1000, 'must be a whole number from 0 to 1000');
export const Revision = wholeNumber(1, 2_147_483_647, 'must be the number of a revision, 1 or higher');
/** Lines of log per pod. */
export const Tail = wholeNumber(1, 1000, 'must be a number of lines from 1 to 1000');

/** Literal text to look for in a log. Not a pattern: `.*` finds a dot and a star. */
export const Grep = text(200, /^[^\p{Cc}]+$/u, 'must be up to 200 characters of text on one line');

/** A service of a Compose file. */
export const ServiceName = text(
  63,
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/,
  'must be a service of the Compose file: letters, digits, dots, hyphens and underscores',
).brand<'ServiceName'>();
export type ServiceName = z.output<typeof ServiceName>;

/** Path of a Helm value. Neither commas nor brackets nor `=`, so it always names one value and never a second one (T-12). */
export const ValuePath = text(
  200,
  /^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*$/,
  'must be the path of a Helm value, such as image.tag',
).brand<'ValuePath'>();
export type ValuePath = z.output<typeof ValuePath>;

/** One Helm value: text on one line, a number, or true or false. Lists and objects are changed in the chart, not from a chat. */
const helmValueWouldFit = 'must be text of up to 256 characters on one line, a number, or true or false';
export const HelmValue = z.union([text(256, /^[^\p{Cc}]*$/u, helmValueWouldFit), z.number(), z.boolean()], { error: helmValueWouldFit });
export type HelmValue = z.output<typeof HelmValue>;

/** For actions that take nothing. */
export const NoParameters = z.strictObject({});
