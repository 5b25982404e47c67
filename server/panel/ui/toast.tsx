import { useEffect, useRef } from 'preact/hooks';
import { say } from '../state/announcements.js';
import { createStore, useStore } from '../state/store.js';
import { Mark } from './mark.js';

interface Toast {
  readonly text: string;
  readonly tone: 'ok' | 'bad';
}

const current = createStore<Toast | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Say what came of an action: to the eye for some seconds, to a screen reader once. */
export function toast(text: string, tone: Toast['tone']): void {
  clearTimeout(timer);
  current.set({ text, tone });
  say(text);
  timer = setTimeout(() => current.set(null), tone === 'bad' ? 12_000 : 5_000);
}

/** In the browser's top layer, so that it shows above an open sheet too. */
export function Toasts() {
  const shown = useStore(current);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const own = box.current;
    if (shown === null || own === null) return;
    own.showPopover();
    return () => own.hidePopover();
  }, [shown]);
  return (
    <div ref={box} class={`toast toast-${shown?.tone ?? 'ok'}`} popover="manual" data-toast={shown?.tone ?? ''}>
      {shown !== null && (
        <>
          <Mark tone={shown.tone} />
          <span>{shown.text}</span>
          <button type="button" class="button plain" onClick={() => current.set(null)}>
            <span aria-hidden="true">✕</span>
            <span class="visually-hidden">Dismiss</span>
          </button>
        </>
      )}
    </div>
  );
}
