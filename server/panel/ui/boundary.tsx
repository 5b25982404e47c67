import { Component, type ComponentChildren } from 'preact';

/** Keeps what breaks in one place from taking the whole panel with it. */
export class Boundary extends Component<{ readonly children: ComponentChildren }, { readonly error: string | null }> {
  override state = { error: null };

  static override getDerivedStateFromError(error: unknown): { error: string } {
    return { error: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div class="failure" role="alert">
        <p class="failure-title">This cannot be shown.</p>
        <p>
          Load the page again; if it stays so, please report it with: <code>{error}</code>
        </p>
        <button type="button" class="button" onClick={() => this.setState({ error: null })}>
          Try again
        </button>
      </div>
    );
  }
}
