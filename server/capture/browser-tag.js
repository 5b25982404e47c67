/*
 * Tidemill's tag: <script async src="https://…/tidemill.js" data-site="shop"></script>
 * docs/tag.md tells its attributes and calls.
 */
((respect) => {
  const script = document.currentScript;
  const data = script ? script.dataset : {};
  const early = Array.isArray(window.tidemill) ? window.tidemill : [];
  const silent = respect && (navigator.globalPrivacyControl === true || navigator.doNotTrack === '1');
  const target = script ? new URL('sensor', script.src).href : '/sensor';
  const downloads =
    /\.(pdf|zip|gz|tgz|bz2|xz|7z|rar|tar|exe|msi|dmg|pkg|deb|rpm|apk|iso|jar|mp3|mp4|m4a|m4v|ogg|wav|avi|mov|mkv|webm|[ct]sv|docx?|xlsx?|pptx?|od[tsp]|epub)$/i;
  const limits = { object: 1024, type: 64, name: 1024, term: 256, session: 128, visitor: 128, referrer: 2048, id: 64 };
  let referrer = document.referrer;

  /* At most n characters, none of them NUL or half of one. */
  const clean = (value, n) =>
    Array.from(String(value), (c) => (/^[\0\ud800-\udfff]$/.test(c) ? '\ufffd' : c))
      .slice(0, n)
      .join('');

  const ownParams = () => {
    try {
      return JSON.parse(data.params);
    } catch {
      return undefined;
    }
  };

  const visitor = () => {
    if (!data.cookie) return undefined;
    const found = document.cookie.split('; ').find((c) => c.startsWith(`${data.cookie}=`));
    const id = found
      ? found.slice(data.cookie.length + 1)
      : Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
    const secure = location.protocol === 'https:' ? '; secure' : '';
    document.cookie = `${data.cookie}=${id}; max-age=33696000; path=/; samesite=lax${secure}`;
    return id;
  };

  const send = (fields) => {
    if (silent || !data.site) return;
    const impression = { site: data.site, visitor: visitor(), referrer: referrer || undefined, params: ownParams(), ...fields };
    for (const name in limits) if (impression[name] !== undefined) impression[name] = clean(impression[name], limits[name]);
    const body = JSON.stringify(impression);
    // Plain text needs no question to the server first, and a beacon goes out also while the page is left.
    if (navigator.sendBeacon && navigator.sendBeacon(target, body)) return;
    fetch(target, { method: 'POST', body, keepalive: true, mode: 'no-cors', credentials: 'omit' }).catch(() => {});
  };

  const searched = () => {
    const query = new URLSearchParams(location.search);
    for (const name of (data.search || 'q,query,search,s,k,keyword').split(',')) if (query.get(name)) return query.get(name);
    return '';
  };

  const page = () => ({ object: location.pathname, type: data.type, name: document.title });
  const api = {
    send,
    view: (more) => send({ action: 'view', ...page(), ...more }),
    search: (term, more) => send({ action: 'search', ...page(), term, ...more }),
    download: (url, more) => send({ action: 'download', object: new URL(url, location.href).pathname, type: 'Download', ...more }),
    /* What the page is: a search where its address has a term, else a view. */
    page: (more) => (searched() ? api.search(searched(), more) : api.view(more)),
    push: ([name, ...args]) => api[name](...args),
  };
  window.tidemill = api;

  const onClick = (event) => {
    const link = event.target.closest && event.target.closest('a[href]');
    if (!link || !/^https?:$/.test(link.protocol)) return;
    if (link.hasAttribute('download') || downloads.test(link.pathname)) api.download(link.href);
  };

  if (data.manual === undefined) {
    addEventListener('click', onClick, true);
    addEventListener('auxclick', onClick, true);
    if (document.prerendering) document.addEventListener('prerenderingchange', () => api.page(), { once: true });
    else api.page();
  }
  if (data.history !== undefined) {
    const address = () => location.pathname + location.search;
    let here = address();
    const changed = () => {
      if (address() === here) return;
      referrer = new URL(here, location.href).href;
      here = address();
      // The title is often set right after the address.
      setTimeout(() => api.page());
    };
    const push = history.pushState;
    history.pushState = (...args) => {
      push.apply(history, args);
      changed();
    };
    addEventListener('popstate', changed);
  }
  early.forEach((call) => api.push(call));
})('__RESPECT__' === 'true');
