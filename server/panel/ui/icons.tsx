/** Line icons of 20 by 20, in the colour of the text. */
const PATHS = {
  flow: 'M3 5h5v4H3zM12 11h5v4h-5zM8 7h2.5v6H12',
  jobs: 'M4 5h12M4 10h12M4 15h7',
  packages: 'M3 6.5 10 3l7 3.5v7L10 17l-7-3.5zM3 6.5l7 3.5 7-3.500M10 10v7',
  injections: 'M4 5c0-2.7 12-2.7 12 0v10c0 2.7-12 2.7-12 0zM4 5c0 2.7 12 2.7 12 0M4 10c0 2.7 12 2.7 12 0',
  rejects: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M7.5 7.500l5 5M12.5 7.500l-5 5',
  auto: 'M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14M10 3v14M10 6l5.5 0M10 10h7M10 14h5.5',
  light:
    'M10 6.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M10 1.500v2M10 16.500v2M1.5 10h2M16.5 10h2M4 4l1.4 1.400M14.6 14.6 16 16M4 16l1.4-1.400M14.6 5.4 16 4',
  dark: 'M16.5 12.500A7 7 0 0 1 7.5 3.500a7 7 0 1 0 9 9z',
} as const;

export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
    <path d={PATHS[name]} />
  </svg>
);
