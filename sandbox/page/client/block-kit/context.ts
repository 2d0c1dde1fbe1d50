import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Element } from './block.ts';
import type { ElementState, Values } from './element-state.ts';

/** What the blocks of one message, modal or home need from where they stand. */
export interface Surface {
  readonly values: Values;
  readonly errors: Readonly<Record<string, string>>;
  setValue(blockId: string, actionId: string, state: ElementState): void;
  /** Resolves when the bot has been told. */
  press(element: Element, blockId: string, payload: PressPayload): Promise<void>;
}

/** How a press names what was chosen; the same fields as `POST /sandbox/press`. */
export interface PressPayload {
  readonly value?: string | null;
  readonly selectedOption?: unknown;
  readonly selectedOptions?: unknown;
  readonly selectedUser?: string | null;
  readonly selectedUsers?: unknown;
  readonly selectedChannel?: string | null;
  readonly selectedConversation?: string | null;
  readonly selectedDate?: string | null;
  readonly selectedTime?: string | null;
  readonly selectedDateTime?: number | null;
}

export const SurfaceContext = createContext<Surface>({
  values: {},
  errors: {},
  setValue: () => {},
  press: async () => {},
});

export function useSurface(): Surface {
  return useContext(SurfaceContext);
}
