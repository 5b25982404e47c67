import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { announcement } from '../state/announcements.js';
import { useStore } from '../state/store.js';

interface SheetProps {
  readonly kind: string;
  readonly title: string;
  /** Called for Esc, the button, and a click beside it. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/**
 * What opens over a page and tells of one thing. A modal dialog: the browser keeps the focus in it, closes it with Esc and
 * gives the focus back. The live region is repeated in it, because what is outside is out of reach for a screen reader.
 */
export function Sheet({ kind, title, onClose, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const spoken = useStore(announcement);
  useEffect(() => {
    const own = dialog.current;
    own?.showModal();
    return () => own?.close();
  }, []);
  useEffect(() => {
    dialog.current?.scrollTo(0, 0);
    heading.current?.focus();
  }, [kind, title]);
  return (
    // Esc does for the keyboard what a click beside it does.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby="sheet-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div class="sheet-body">
        <header class="sheet-head">
          <div>
            <p class="eyebrow">{kind}</p>
            <h2 id="sheet-title" ref={heading} tabIndex={-1}>
              {title}
            </h2>
          </div>
          <button type="button" class="button close" onClick={onClose}>
            <span aria-hidden="true">✕</span>
            <span class="visually-hidden">Close</span>
          </button>
        </header>
        {children}
        <p class="visually-hidden" role="status">
          {spoken}
        </p>
      </div>
    </dialog>
  );
}
