import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

let vite;
let words;
let edition;
before(async () => {
  vite = await createServer({ root: fileURLToPath(new URL('..', import.meta.url)), configFile: false, logLevel: 'silent', server: { middlewareMode: true, hmr: false, ws: false, watch: null }, optimizeDeps: { noDiscovery: true } });
  words = await vite.ssrLoadModule('/src/words.ts');
  edition = await vite.ssrLoadModule('/src/edition.ts');
});
after(() => vite?.close());

test('a position is rounded to about a hundred metres', () => {
  assert.equal(words.rounded(4.0316579, 49.2582841), '4.032,49.258');
  assert.equal(words.rounded(-0.0004, -20.87449), '0,-20.874'.replace('0,', '0,'));
  assert.equal(words.rounded(55.45, -20.9), '55.45,-20.9');
});

test('an address holds what was said and nothing empty', () => {
  assert.equal(words.address([['ou', ' Reims '], ['rayon', ''], ['services', 'A & B'], ['services', 'C']]), '/?ou=Reims&services=A+%26+B&services=C');
  assert.equal(words.address([['ou', ''], ['rayon', '']]), '/');
  // What is typed wins over a position shared before.
  assert.equal(words.address([['ou', 'Lyon'], ['pres', '4,49'], ['vue', 'carte']]), '/?ou=Lyon');
  assert.equal(words.address([['ou', ''], ['pres', '4,49']]), '/?pres=4%2C49');
});

test('around a point keeps the choices and forgets the former place', () => {
  assert.equal(words.around('?ou=Reims&frais_a_charge=Gratuit&nombre=40', 4.0316, 49.2583, true), '/?frais_a_charge=Gratuit&pres=4.032%2C49.258&vue=carte');
  assert.equal(words.around('?pres=1,2&vue=carte', 4.0316, 49.2583, false), '/?pres=4.032%2C49.258');
});

test('each refusal of the position says what to do instead', () => {
  for (const code of [1, 2, 3, 99]) assert.match(words.refusal(code), /crivez votre commune/);
});

test('sentences agree with their number', () => {
  assert.equal(words.proposals(0), 'Aucune proposition.');
  assert.equal(words.proposals(1), '1 proposition.');
  assert.match(words.proposals(3), /^3 propositions\./);
});

test('weights are read as a French keyboard writes them', () => {
  assert.equal(edition.tenths('4,5'), 45);
  assert.equal(edition.tenths(' 12.5 '), 125);
  assert.equal(edition.tenths('100'), 1000);
  for (const wrong of ['', 'beaucoup', '4,55', '-2', '1e3', '4,5,6']) assert.equal(edition.tenths(wrong), undefined, wrong);
});

test('the running sum says what is missing', () => {
  assert.equal(edition.verdict(1000), 'Le compte est bon.');
  assert.equal(edition.verdict(985), 'Il manque 1,5\u00a0point.');
  assert.equal(edition.verdict(1020), 'Il y a 2\u00a0points de trop.');
  assert.equal(edition.french(1005), '100,5');
});
