import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Loading } from './answers.js';

/** A component whose code is fetched when it is first shown. */
export function lazy(load: () => Promise<ComponentType>): ComponentType {
  let Loaded: ComponentType | undefined;
  return function Lazy() {
    const [, loaded] = useState(false);
    useEffect(() => {
      if (Loaded !== undefined) return;
      void load().then((component) => {
        Loaded = component;
        loaded(true);
      });
    }, []);
    return Loaded === undefined ? <Loading what="the chart" /> : <Loaded />;
  };
}
