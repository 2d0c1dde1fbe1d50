import { useMemo, useState } from 'preact/hooks';
import { press, type PressedAt } from '../actions.ts';
import { Blocks } from '../block-kit/blocks.tsx';
import { SurfaceContext, type Surface } from '../block-kit/context.ts';
import type { Block } from '../block-kit/block.ts';
import { collectValues, type Values } from '../block-kit/element-state.ts';

/** Blocks of a message or of the home: what is pressed or chosen is told to the bot at once. */
export function LiveBlocks({ at, blocks }: { at: PressedAt; blocks: readonly Block[] }) {
  const [changed, setChanged] = useState<Values>({});
  const { channel, ts, viewId } = at;
  const surface = useMemo<Surface>(
    () => ({
      values: changed,
      errors: {},
      setValue: (blockId, actionId, value) => setChanged((before) => ({ ...before, [blockId]: { ...before[blockId], [actionId]: value } })),
      press: (element, blockId, payload) => press({ ...(channel ? { channel } : {}), ...(ts ? { ts } : {}), ...(viewId ? { viewId } : {}) }, element, blockId, payload, collectValues(blocks, changed)),
    }),
    [blocks, changed, channel, ts, viewId],
  );
  return (
    <SurfaceContext.Provider value={surface}>
      <Blocks blocks={blocks} />
    </SurfaceContext.Provider>
  );
}
