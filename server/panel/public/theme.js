// Before the first paint, so that a chosen theme does not flash: light or dark, else what the system prefers.
try {
  const theme = localStorage.getItem('tidemill.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage that is switched off is no reason for anything.
}
