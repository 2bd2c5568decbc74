// One technology, one home: Leaflet and what goes with it in one file.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const src = new URL('../src/', import.meta.url);
const homes = { leaflet: ['map.ts'], supercluster: ['map.ts'], 'leaflet/dist/leaflet.css': ['map.ts'], 'virtual:france': ['map.ts', 'env.d.ts'] };

test('each library has one home', () => {
  for (const file of readdirSync(src).filter((f) => f.endsWith('.ts'))) {
    const text = readFileSync(new URL(file, src), 'utf8');
    for (const [, name] of text.matchAll(/(?:from|import|import\(|module)\s*['"]([^'"]+)['"]/g)) {
      if (name.startsWith('.') || name === 'vite/client') continue;
      assert.ok(homes[name]?.includes(file), `${file} imports ${name}, whose home is ${homes[name] ?? 'nowhere'}`);
    }
  }
});

test('text enters the page as text only', () => {
  for (const file of readdirSync(src).filter((f) => f.endsWith('.ts'))) {
    const text = readFileSync(new URL(file, src), 'utf8');
    // Reading the escaped form of a text is the one use.
    const writes = text.match(/(inner|outer)HTML\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function/g);
    assert.equal(writes, null, `${file}: ${writes}`);
  }
});
