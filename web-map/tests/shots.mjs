// Pictures of each page and state, to be looked at: npm run shots. They go to
// shots/, which git ignores. MEDNUM_URL names a running server.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { launch } from './browser.mjs';
import { start } from './serve.mjs';

const only = process.argv.slice(2);
const folder = fileURLToPath(new URL('../shots/', import.meta.url));
mkdirSync(folder, { recursive: true });

const server = await start();
const browser = await launch();
const sizes = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 }, small: { width: 320, height: 640 } };

async function shot(name, path, { size = 'phone', full = false, options = {}, act } = {}) {
  const file = `${name}-${size}.png`;
  if (only.length && !only.some((o) => file.startsWith(o))) return;
  const context = await browser.newContext({ viewport: sizes[size], deviceScaleFactor: size === 'desktop' ? 1 : 2, hasTouch: size !== 'desktop', locale: 'fr-FR', ...options });
  const page = await context.newPage();
  page.on('console', (m) => m.type() === 'error' && console.log(`  ${file}: ${m.text()}`));
  await page.route(/^https:/, (route) => route.abort());
  await page.goto(server.url + path, { waitUntil: 'networkidle' });
  await act?.(page);
  await page.waitForTimeout(600);
  await page.screenshot({ path: folder + file, fullPage: full });
  await context.close();
  console.log(file);
}

const dark = { options: { colorScheme: 'dark' } };
// A place whose hours are known says more.
const text = await (await fetch(`${server.url}/?ou=Reims`, { headers: { Accept: 'text/html' } })).text();
const cards = text.split('<li class="card"').slice(1);
const known = cards.find((c) => c.includes('data-state="open"')) ?? cards[0] ?? '';
const place = process.env.SHOT_PLACE || /<h3><a href="([^"]+)"/.exec(known)?.[1] || '/';

for (const size of ['phone', 'desktop']) {
  await shot('accueil', '/', { size });
  await shot('accueil-nuit', '/', { size, ...dark });
  await shot('reims', '/?ou=Reims', { size });
  await shot('reims-nuit', '/?ou=Reims', { size, ...dark });
  await shot('choix', '/?ou=Reims&frais_a_charge=Gratuit&services=Aide+aux+d%C3%A9marches+administratives', { size, act: (page) => page.click('details.choose > summary') });
  await shot('rien', '/?ou=Reims&ouvert=maintenant&rayon=1&frais_a_charge=Payant&services=Loisirs+et+cr%C3%A9ations+num%C3%A9riques', { size });
  await shot('saint-denis', '/?ou=Saint-Denis', { size });
  await shot('inconnu', '/?ou=zzzqqq', { size });
  await shot('faux', '/?ou=Reims&services=Cuisine&ouvert=hier', { size });
  await shot('lieu', place, { size, full: true });
  await shot('lieu-nuit', place, { size, full: true, ...dark });
  await shot('aide', '/aide', { size });
  await shot('accessibilite', '/accessibilite', { size });
  await shot('liste', '/collections/lieux/items?f=html&limit=5', { size });
  await shot('api', '/collections?f=html', { size });
  await shot('perdu', '/rien', { size });
  await shot('propositions', '/', { size, act: async (page) => { await page.fill('#ou', ''); await page.type('#ou', 'saint-den', { delay: 20 }); await page.waitForTimeout(500); await page.keyboard.press('ArrowDown'); } });
}

// The référentiel: a draft that somebody edits, simulates and puts to discussion.
const editor = server.key?.('redacteur-national', 'Agence nationale', '130020001');
const signed = (act) => ({ full: true, act: async (page) => {
  const there = page.url();
  await page.goto(`${server.url}/connexion`);
  await page.fill('#f-cle', editor);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.waitForLoadState('networkidle');
  await page.goto(there, { waitUntil: 'networkidle' });
  await act?.(page);
} });
if (editor) {
  const form = (path, fields) => fetch(server.url + path, { method: 'POST', redirect: 'manual', headers: { Authorization: `Bearer ${editor}`, Accept: 'text/html' }, body: new URLSearchParams(fields) });
  await form('/referentiels', { depuis: '1.0.0', version: '2.0.0' });
  await form('/referentiels/2.0.0/simulation', {});
}
for (const size of ['phone', 'desktop']) {
  for (const [name, path] of Object.entries({ score: `${place}/score`, questionnaire: `${place}/declarations`, contester: `${place}/contestations`, referentiels: '/referentiels', referentiel: '/referentiels/1.0.0', journal: '/journal', connexion: '/connexion', ...(editor && { simulation: '/referentiels/2.0.0/simulation', differences: '/referentiels/2.0.0/differences?avec=1.0.0', remontees: '/referentiels/2.0.0/remontees' }) })) {
    await shot(name, path, { size, full: true });
  }
  if (editor) await shot('edition', '/referentiels/2.0.0/edition', { size, ...signed() });
}
await shot('score-nuit', `${place}/score`, { size: 'desktop', full: true, ...dark });
await shot('papier-score', `${place}/score`, { size: 'desktop', full: true, act: (page) => page.emulateMedia({ media: 'print' }) });
await shot('papier-referentiel', '/referentiels/1.0.0', { size: 'desktop', full: true, act: (page) => page.emulateMedia({ media: 'print' }) });
await shot('reims', '/?ou=Reims', { size: 'small', full: true });
await shot('lieu', place, { size: 'small', full: true });
await shot('carte', '/?ou=Reims', { act: async (page) => { await page.click('[data-show-map]'); await page.waitForTimeout(1500); } });
await shot('choisi', '/?ou=Reims', { size: 'desktop', act: async (page) => { await page.waitForTimeout(500); const m = page.locator('.marker:not(.cluster)').first(); if (await m.count()) await m.click(); } });
await shot('contraste', '/?ou=Reims', { size: 'desktop', options: { forcedColors: 'active' } });
await shot('papier', place, { size: 'desktop', full: true, act: (page) => page.emulateMedia({ media: 'print' }) });
await shot('papier-liste', '/?ou=Reims', { size: 'desktop', full: true, act: (page) => page.emulateMedia({ media: 'print' }) });

await browser.close();
await server.stop();
