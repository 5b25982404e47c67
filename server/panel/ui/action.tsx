import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError } from '../api/client.js';
import { refreshSoon } from '../state/live.js';
import { toast } from './toast.js';

interface ActionProps {
  /** What it does; its result is said to the user. Errors: ApiError. */
  readonly run: () => Promise<string>;
  readonly children: ComponentChildren;
  readonly tone?: 'main' | 'danger' | undefined;
  readonly label?: string;
}

/** Do something at the service, and say what came of it. */
export async function perform(run: () => Promise<string>): Promise<void> {
  try {
    toast(await run(), 'ok');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const reason = error.status === 403 ? `${error.message} It takes a token with the role admin.` : error.message;
    toast(error.code === undefined ? reason : `${reason} (${error.code})`, 'bad');
  }
  refreshSoon();
}

/** A button that changes something at the service; busy until the answer is there. */
export function Action({ run, children, tone, label }: ActionProps) {
  const [busy, setBusy] = useState(false);
  const act = (): void => {
    setBusy(true);
    void perform(run).finally(() => setBusy(false));
  };
  return (
    <button type="button" class={`button ${tone ?? ''}`} disabled={busy} aria-busy={busy} aria-label={label} onClick={act}>
      {children}
    </button>
  );
}
