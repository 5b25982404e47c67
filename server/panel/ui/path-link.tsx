import { lastSegment, visible } from '../format/text.js';
import { links } from '../state/router.js';

/** A package by its path, or by the last segment of it; the browser of packages opens it. */
export const PathLink = ({ path, short = false }: { readonly path: string; readonly short?: boolean }) => (
  <a class="path" href={links.packages(path)} title={short ? visible(path) : undefined}>
    {visible(short ? lastSegment(path) : path)}
  </a>
);
