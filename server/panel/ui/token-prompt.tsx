import { useEffect, useRef } from 'preact/hooks';
import { access, giveToken } from '../state/access.js';
import { useStore } from '../state/store.js';

/** Asks for the token when the API wants one. It is kept in this tab until that is closed. */
export function TokenPrompt() {
  const { refused } = useStore(access);
  return refused === null ? null : <Prompt reason={refused} />;
}

function Prompt({ reason }: { readonly reason: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const own = dialog.current;
    own?.showModal();
    return () => own?.close();
  }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    const value = field.current?.value.trim() ?? '';
    if (value !== '') giveToken(value);
  };
  return (
    <dialog ref={dialog} class="prompt" aria-labelledby="prompt-title" onCancel={(event) => event.preventDefault()}>
      <form onSubmit={submit}>
        <h2 id="prompt-title">Token needed</h2>
        <p>This service shows itself to those who have a token of its settings.</p>
        {reason !== '' && (
          <p class="prompt-reason" role="alert">
            The last one was refused: {reason}.
          </p>
        )}
        <label class="field">
          Token
          <input ref={field} type="password" autocomplete="off" spellcheck={false} required />
        </label>
        <p class="quiet">It stays in this tab and is forgotten when the tab is closed.</p>
        <button type="submit" class="button main">
          Go on
        </button>
      </form>
    </dialog>
  );
}
