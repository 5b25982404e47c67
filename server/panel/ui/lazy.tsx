import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Empty, Loading } from './answers.js';

/** A component whose code is fetched when it is first shown. */
export function lazy(load: () => Promise<ComponentType>): ComponentType {
  let Loaded: ComponentType | undefined;
  return function Lazy() {
    const [state, set] = useState<'loading' | 'loaded' | 'failed'>('loading');
    useEffect(() => {
      if (Loaded !== undefined) return;
      load().then(
        (component) => {
          Loaded = component;
          set('loaded');
        },
        () => set('failed'),
      );
    }, []);
    if (Loaded !== undefined) return <Loaded />;
    return state === 'failed' ? (
      <Empty title="The chart cannot be shown.">Load the page again; the figures are below.</Empty>
    ) : (
      <Loading what="the chart" />
    );
  };
}
