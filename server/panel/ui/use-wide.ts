import { useEffect, useState } from 'preact/hooks';

/** Whether the window is wide enough for the flow chart; else the flow is a list. */
const WIDE = '(min-width: 68rem)';

export function useWide(): boolean {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => {
    const query = matchMedia(WIDE);
    const update = (): void => setWide(query.matches);
    query.addEventListener('change', update);
    return () => query.removeEventListener('change', update);
  }, []);
  return wide;
}
