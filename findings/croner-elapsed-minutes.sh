#!/usr/bin/env bash
# croner 9.1.0: a pattern of minutes alone, with a time zone, misses a whole hour when clocks go back.
# `*/10 * * * *` reads as "every ten minutes", and is met that way on all other nights. When Berlin and New York repeat an hour, the
# second one has no runs: the gap is 70 minutes. Lord Howe repeats half an hour, and the gap is 40. When clocks go forward nothing is
# missing. Who needs elapsed time gives such patterns no time zone, or UTC.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund croner@9.1.0
cat > gaps.mjs <<'JS'
import { Cron } from 'croner';
const nights = [
  ['Europe/Berlin', '2026-10-24T21:00:00Z'],
  ['America/New_York', '2026-11-01T03:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T12:00:00Z'],
  ['Europe/Berlin', '2026-03-28T22:00:00Z'],
];
for (const [timezone, from] of nights) {
  const cron = new Cron('*/10 * * * *', { timezone });
  let longest = 0;
  for (let at = new Date(from), i = 0; i < 30; i++) {
    const next = cron.nextRun(at);
    longest = Math.max(longest, (next - at) / 60_000);
    at = next;
  }
  console.log(`${timezone} from ${from}: longest gap ${longest} min`);
}
JS
node gaps.mjs | tee seen
diff seen - <<'SEEN'
Europe/Berlin from 2026-10-24T21:00:00Z: longest gap 70 min
America/New_York from 2026-11-01T03:00:00Z: longest gap 70 min
Australia/Lord_Howe from 2026-04-04T12:00:00Z: longest gap 40 min
Europe/Berlin from 2026-03-28T22:00:00Z: longest gap 10 min
SEEN
