const URL_HOST = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/:?#]+)/;

/**
 * What reports show of a referrer: its host in lower case without a leading `www.`; `(direct)` for none, `(internal)` for
 * one of the site's own hosts, `(other)` for what is not `scheme://host…`. Source: spec §5 Sessions.
 */
export function referrerName(referrer: string, ownHosts: readonly string[]): string {
  if (referrer === '') return '(direct)';
  const host = URL_HOST.exec(referrer)?.[1];
  return host === undefined ? '(other)' : ownHosts.includes(hostName(host)) ? '(internal)' : hostName(host);
}

/** A host in the form in which hosts are compared. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/^www\./, '');
}
