/** `sources.yaml`: who may send alerts, and what they may be about. The file may be left out; then one source reaches everything. */
import { z } from 'zod';
import { ContextName, Id, Line, ObjectName, byId } from './words.ts';

const TokenSetting = z.string().regex(/^ALERTMANAGER_TOKEN(_[A-Z0-9]+)*$/, 'Not the name of a setting for a token: write ALERTMANAGER_TOKEN or ALERTMANAGER_TOKEN_STAGING.');

/** Every condition that is given must hold; within one, any of its names. */
const PlaceEntry = z
  .strictObject({
    systems: z.array(Id).min(1, 'Name at least one system.').optional(),
    environments: z.array(Id).min(1, 'Name at least one environment.').optional(),
    /** Contexts of the kubeconfig, or Docker hosts. */
    clusters: z.array(ContextName).min(1, 'Name at least one cluster.').optional(),
    namespaces: z.array(ObjectName).min(1, 'Name at least one namespace.').optional(),
  })
  .refine((place) => Object.keys(place).length > 0, 'Say where: systems, environments, clusters or namespaces.');

export type SourcesFile = z.output<typeof SourcesFile>;
export const SourcesFile = z.strictObject({
  sources: byId(
    z
      .strictObject({
        description: Line.optional(),
        /** Names of settings, never tokens. Two while one replaces the other. */
        tokenSettings: z.array(TokenSetting).min(1, 'Name the setting that holds its token.').max(2, 'At most two, while one replaces the other.'),
        everything: z.literal(true, 'Write true, or say where under reach.').optional(),
        reach: z.array(PlaceEntry).min(1, 'Name at least one place.').optional(),
      })
      .refine((source) => (source.everything === undefined) !== (source.reach === undefined), 'Say what its alerts may be about: reach, or everything: true.'),
  ),
});
