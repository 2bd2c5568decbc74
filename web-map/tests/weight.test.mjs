// What a visitor loads: script and style compressed, the lazy chunks included.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const folder = new URL('../dist/assets/', import.meta.url);
const limit = 90_000; // bytes; the house allows 150,000

test('script and style stay light', (t) => {
  if (!existsSync(folder)) {
    assert.ok(!process.env.MEDNUM_TEST_REQUIRE, 'npm run build first');
    return t.skip('npm run build first');
  }
  const weights = readdirSync(folder).filter((f) => /\.(js|css)$/.test(f)).map((f) => [f, gzipSync(readFileSync(new URL(f, folder))).length]);
  const total = weights.reduce((sum, [, n]) => sum + n, 0);
  t.diagnostic(weights.map(([f, n]) => `${f} ${n}`).join(', '));
  assert.ok(total <= limit, `${total} bytes compressed: ${weights.join(' ')}`);
  const first = weights.filter(([f]) => f.startsWith('main-')).reduce((sum, [, n]) => sum + n, 0);
  assert.ok(first <= 25_000, `the list needs ${first} bytes before the map`);
});
