import { visible } from '../format/text.js';
import { links } from '../state/router.js';

/** A package by its path; the browser of packages opens it. */
export const PathLink = ({ path, from }: { readonly path: string; readonly from?: string }) => (
  <a class="path" href={links.packages(path)}>
    {visible(from !== undefined && path.startsWith(`${from}/`) ? path.slice(from.length + 1) : path)}
  </a>
);
