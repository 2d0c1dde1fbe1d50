import type { ComponentChildren } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

export interface MenuItem {
  readonly id: string;
  readonly label: ComponentChildren;
  readonly hint?: string;
  readonly selected?: boolean;
}

export interface MenuProps {
  readonly label: string;
  readonly buttonClass: string;
  readonly children: ComponentChildren;
  readonly items: readonly MenuItem[];
  onPick(id: string): void;
}

/** A button that opens a list of choices. The list is a popover, so that Escape and a press elsewhere close it without our help. */
export function Menu({ label, buttonClass, children, items, onPick }: MenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const listId = useId();

  function toggled(isOpen: boolean): void {
    setOpen(isOpen);
    if (!isOpen) return;
    const popover = list.current!;
    placeBeside(popover, button.current!);
    (popover.querySelector<HTMLElement>('[aria-checked="true"]') ?? popover.querySelector<HTMLElement>('[role^="menuitem"]'))?.focus();
  }

  function move(event: KeyboardEvent): void {
    const entries = [...list.current!.querySelectorAll<HTMLElement>('[role^="menuitem"]')];
    const index = entries.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    entries.at(next % entries.length)?.focus();
  }

  const choosing = items.some((item) => item.selected !== undefined);
  return (
    <>
      <button ref={button} type="button" class={buttonClass} aria-label={label} aria-haspopup="menu" aria-expanded={open} popovertarget={listId}>
        {children}
      </button>
      <div ref={list} id={listId} class="menu" role="menu" aria-label={label} popover="auto" onBeforeToggle={() => placeBeside(list.current!, button.current!)} onToggle={(event) => toggled(event.newState === 'open')} onKeyDown={move}>
        {items.map((item) => (
          <button
            key={item.id}
            type="button"
            class="menu-item"
            role={choosing ? 'menuitemradio' : 'menuitem'}
            {...(choosing ? { 'aria-checked': item.selected === true } : {})}
            onClick={() => {
              list.current!.hidePopover();
              button.current!.focus();
              onPick(item.id);
            }}
          >
            <span class="menu-label">{item.label}</span>
            {item.hint !== undefined && <span class="menu-hint">{item.hint}</span>}
          </button>
        ))}
      </div>
    </>
  );
}

/** Called before it shows, when its size is not known yet, and again after. */
function placeBeside(popover: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = at.bottom + 4 + height <= innerHeight;
  popover.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - 4 - height)}px`;
  popover.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
}
