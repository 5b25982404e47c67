import { lookOf, type Look } from '../flow/states.js';
import { Mark } from './mark.js';

/** A state as mark, colour and word. */
export function Badge({ look }: { readonly look: Look }) {
  return (
    <span class={`badge tone-${look.tone}`} data-state={look.state}>
      <Mark tone={look.tone} />
      {look.word}
    </span>
  );
}

export const StateBadge = ({ state }: { readonly state: string }) => <Badge look={lookOf(state)} />;
