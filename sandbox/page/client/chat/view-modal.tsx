import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { closeView, press, submitView } from '../actions.ts';
import { tell } from '../notices.ts';
import { Blocks } from '../block-kit/blocks.tsx';
import { SurfaceContext, type Surface } from '../block-kit/context.ts';
import { collectValues, findErrors, type Values } from '../block-kit/element-state.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import type { View } from '../wire.ts';

/** What was typed stays while another modal lies on top, and when the bot redraws this one. */
const typed = new Map<string, Values>();

export function ViewModal({ view }: { view: View }) {
  const [changed, setChanged] = useState<Values>(() => typed.get(view.id) ?? {});
  const [ownErrors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [isBusy, setBusy] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const errors = { ...view.errors, ...ownErrors };
  const errorKey = JSON.stringify(errors);

  const surface = useMemo<Surface>(
    () => ({
      values: changed,
      errors: JSON.parse(errorKey) as Record<string, string>,
      setValue(blockId, actionId, value) {
        setChanged((before) => {
          const next = { ...before, [blockId]: { ...before[blockId], [actionId]: value } };
          typed.set(view.id, next);
          return next;
        });
        setErrors((before) => Object.fromEntries(Object.entries(before).filter(([id]) => id !== blockId)));
      },
      press: (element, blockId, payload) => press({ viewId: view.id }, element, blockId, payload, collectValues(view.blocks, changed)),
    }),
    [changed, errorKey, view],
  );

  // What is to be filled in comes first; the dialog alone would take the cross in its corner.
  useEffect(() => {
    if (matchMedia('(hover: hover)').matches) body.current?.querySelector<HTMLElement>('.block-input input, .block-input textarea, .block-input select')?.focus({ preventScroll: true });
  }, []);

  async function submit(): Promise<void> {
    const values = collectValues(view.blocks, changed);
    const found = findErrors(view.blocks, values);
    if (Object.keys(found).length > 0) return showErrors(found);
    setBusy(true);
    try {
      const answered = await submitView(view.id, values);
      if (Object.keys(answered).length > 0) showErrors(answered);
      else typed.delete(view.id);
    } catch (error) {
      tell(error);
    } finally {
      setBusy(false);
    }
  }

  function showErrors(found: Readonly<Record<string, string>>): void {
    setErrors(found);
    requestAnimationFrame(() => body.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  }

  function close(): void {
    typed.delete(view.id);
    void closeView(view.id);
  }

  return (
    <Dialog kind="modal" label={view.title?.text ?? 'Modal'} onClose={close}>
      <form
        class="view"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy && view.submit) void submit();
        }}
      >
        <header class="view-head">
          <h2>{view.title?.text ?? ''}</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={close}><Icon name="close" /></button>
        </header>
        <div class="view-body scroll" ref={body}>
          <SurfaceContext.Provider value={surface}>
            <Blocks blocks={view.blocks} />
          </SurfaceContext.Provider>
        </div>
        {errors[''] !== undefined && <p class="block-error view-error" role="alert">{errors['']}</p>}
        <footer class="dialog-foot">
          <button type="button" class="button" onClick={close}>{view.close?.text ?? (view.submit ? 'Cancel' : 'Close')}</button>
          {view.submit && <button type="submit" class={isBusy ? 'button button-primary is-busy' : 'button button-primary'} aria-busy={isBusy}>{view.submit.text}</button>}
        </footer>
      </form>
    </Dialog>
  );
}
