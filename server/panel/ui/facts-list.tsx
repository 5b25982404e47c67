import type { ComponentChildren } from 'preact';

export type Fact = readonly [term: string, value: ComponentChildren] | false | null | undefined;

/** Terms and what they are. */
export function FactsList({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl class="facts">
      {facts.map((fact) =>
        fact ? (
          <div key={fact[0]}>
            <dt>{fact[0]}</dt>
            <dd>{fact[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
