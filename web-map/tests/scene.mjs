// What every browser test begins with: a server, a browser, and a page of one's
// own that may do no wrong.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { launch } from './browser.mjs';
import { start } from './serve.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==', 'base64');

/** undefined where there is neither database nor binary: scenes are skipped. */
export const server = await start();
assert.ok(server || !process.env.MEDNUM_TEST_REQUIRE, 'DATABASE_URL and bin/mednum are needed: run make test');
export const browser = server && (await launch());
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A test with a page of its own. What the page must never do fails it: an
 *  error in the console, a breach of the policy, a call to anybody else. */
export function scene(name, run, { tiles = true, allow = /$^/, ...options } = {}) {
  test(name, { timeout: 60_000 }, async (t) => {
    if (!server) return t.skip('DATABASE_URL and bin/mednum are needed: run make test');
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'fr-FR', ...options });
    const wrong = [];
    await context.route(/^https?:/, (route) => {
      const url = new URL(route.request().url());
      if (url.origin === server.url) return route.fallback();
      if (url.host === 'tuiles.example') return tiles ? route.fulfill({ contentType: 'image/png', body: pixel }) : route.abort();
      wrong.push(`asks ${url.host}`);
      return route.abort();
    });
    const page = await context.newPage();
    page.on('pageerror', (error) => wrong.push(`throws ${error}`));
    page.on('console', (m) => {
      if (m.type() === 'error' && !allow.test(m.text()) && !(!tiles && /ERR_FAILED/.test(m.text()))) wrong.push(`says ${m.text()}`);
    });
    try {
      await run(page, context);
      assert.deepEqual(wrong, []);
    } finally {
      await context.close();
    }
  });
}

export const open = (page, path) => page.goto(server.url + path, { waitUntil: 'load' });

export async function accessible(page, what) {
  // A colour on its way to another has the contrast of neither.
  await page.evaluate(() => Promise.all(document.getAnimations().filter((a) => Number.isFinite(a.effect.getComputedTiming().endTime)).map((a) => a.finished.catch(() => {}))));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  assert.deepEqual(violations.map((v) => `${what}: ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(' | ')}`), []);
}

export async function fits(page, what) {
  const over = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.scrollingElement.scrollWidth <= width) return null;
    return [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > width + 1).slice(0, 6).map((e) => e.tagName + '.' + e.className);
  });
  assert.equal(over, null, `${what} overflows: ${over}`);
}
