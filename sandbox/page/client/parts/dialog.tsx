import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';

export interface DialogProps {
  readonly title?: string;
  /** Read out where no title is shown. */
  readonly label?: string;
  readonly kind: 'modal' | 'small' | 'switcher';
  /** A press beside the dialog closes it too. */
  readonly light?: boolean;
  onClose(): void;
  readonly children: ComponentChildren;
}

/** A modal on the browser's own `<dialog>`: it keeps the focus inside, makes the rest inert, and gives the focus back. */
export function Dialog({ title, label, kind, light = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const latestOnClose = useRef(onClose);
  latestOnClose.current = onClose;
  const titleId = useId();

  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);

  // Browsers close a dialog on the second Escape whatever the page says; then it must be gone for the page as well.
  useEffect(() => {
    const element = dialog.current!;
    const cancelled = (event: Event): void => {
      if (event.target !== element) return;
      event.preventDefault();
      latestOnClose.current();
    };
    const closed = (event: Event): void => {
      if (event.target === element && element.isConnected) latestOnClose.current();
    };
    element.addEventListener('cancel', cancelled);
    element.addEventListener('close', closed);
    return () => {
      element.removeEventListener('cancel', cancelled);
      element.removeEventListener('close', closed);
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      class={`dialog dialog-${kind}`}
      {...(title === undefined ? { 'aria-label': label ?? '' } : { 'aria-labelledby': titleId })}
      onMouseDown={(event) => {
        if (light && event.target === dialog.current) onClose();
      }}
    >
      {title !== undefined && (
        <h2 id={titleId} class="dialog-title">
          {title}
        </h2>
      )}
      {children}
    </dialog>
  );
}
