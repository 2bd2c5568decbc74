// The home of an agent and its lists: by keyboard, without script, on a small
// phone; nobody looks at what is not theirs.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, fits, open, scene, server } from './scene.mjs';

const keys = server?.key && {
  reims: server.key('contributeur-collectivite', 'Ville de Reims', '215104548', 'commune:51454'),
  two: server.key('contributeur-collectivite', 'Deux villes', '200067213', 'commune:51454,69123'),
  national: server.key('moderateur', 'Agence nationale', '130020001'),
};
const keyed = keys ? scene : (name) => test(name, { skip: 'a server of our own is needed' }, () => {});
const plain = { javaScriptEnabled: false };
const small = { ...plain, viewport: { width: 320, height: 640 } };
const text = async (page) => (await page.locator('main').innerText()).replace(/[\u00a0\u202f]/g, ' ');
const path = (page) => new URL(page.url()).pathname;

async function signIn(page, name, back) {
  await open(page, `/connexion?retour=${encodeURIComponent(back)}`);
  const fold = page.locator('details:has(#f-cle) > summary');
  if ((await fold.count()) && !(await page.locator('#f-cle').isVisible())) await fold.click();
  await page.fill('#f-cle', keys[name]);
  await Promise.all([page.waitForEvent('load'), page.locator('form:has(#f-cle) button').first().click()]);
}
async function tabTo(page, locator, most = 200) {
  for (let i = 0; i < most; i++) {
    if (await locator.evaluate((e) => e === document.activeElement).catch(() => false)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`the keyboard does not reach ${locator} on ${path(page)}`);
}
const press = async (page, locator) => {
  await tabTo(page, locator);
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
};
const api = async (name, where) => (await fetch(server.url + where, { headers: { Authorization: `Bearer ${keys[name]}`, Accept: 'application/json' } })).json();
const status = async (name, where) => (await fetch(server.url + where, { headers: { Authorization: `Bearer ${keys[name]}`, Accept: 'application/json' } })).status;

describe('an agent’s home', () => {
  keyed('tells of the territory, and each number leads to its places', async (page) => {
    const told = await api('reims', '/territoire');
    assert.equal(told.territoire.nom, 'Reims');
    const there = await (await fetch(`${server.url}/collections/lieux/items?code_insee=51454&limit=1000`)).json();
    assert.equal(told.lieux, there.features.length);
    for (const [liste, n] of [['tous', told.lieux], ['sans-date', told.sans_date], ['sans-horaires', told.sans_horaires], ['sans-telephone', told.sans_telephone], ['nouveaux', told.nouveaux], ['disparus', told.disparus]]) {
      assert.equal((await api('reims', `/territoire/lieux?liste=${liste}`)).total, n, liste);
    }
    for (const lack of told.a_completer.slice(0, 3)) assert.equal((await api('reims', lack.href)).total, lack.lieux, lack.critere);
    const csv = await fetch(`${server.url}/territoire/lieux?liste=tous&f=csv`, { headers: { Authorization: `Bearer ${keys.reims}` } });
    assert.equal((await csv.text()).trim().split('\n').length, told.lieux + 1);

    await signIn(page, 'reims', '/territoire');
    const seen = await text(page);
    assert.match(seen, new RegExp(`^Reims\\s+Mon territoire, le [^\\n]+\\s+${told.lieux}\\s*lieux`));
    assert.match(seen, /À remplir d’abord/);
    assert.match(seen, /L’âge des fiches/);
    assert.match(seen, /Les communes sans lieu proche/);
    await accessible(page, 'home');
    for (const fold of await page.locator('main summary').all()) await fold.click();
    await accessible(page, 'home, unfolded');
  });

  keyed('fits a small phone, and text at twice its size', async (page) => {
    await signIn(page, 'reims', '/territoire');
    for (const where of ['/territoire', '/territoire/lieux?liste=perimes&mois=6', '/territoire/lieux?liste=tous', '/territoire/lieux?liste=a-completer&critere=ACC-01']) {
      await open(page, where);
      await fits(page, where);
      await page.evaluate(() => { document.documentElement.style.fontSize = '225%'; });
      await fits(page, `${where} at 200 %`);
    }
  }, small);

  keyed('is done by keyboard alone, without script: from a number to a place confirmed', async (page) => {
    await signIn(page, 'reims', '/territoire');
    await press(page, page.getByRole('link', { name: 'Voir tous les lieux' }));
    assert.equal(path(page), '/territoire/lieux');
    await press(page, page.getByRole('link', { name: 'Nom', exact: true }));
    assert.equal(await page.getByRole('link', { name: 'Nom', exact: true }).getAttribute('aria-current'), 'true');
    const names = await page.locator('.work-place > a').allInnerTexts();
    assert.deepEqual(names, [...names].sort((a, b) => (a < b ? -1 : 1)));
    const nom = names[0];
    await page.getByRole('searchbox').fill('rien de tel');
    await press(page, page.getByRole('button', { name: 'Chercher' }));
    assert.match(await page.locator('main').innerText(), /Aucun lieu de cette liste ne correspond à «\srien de tel\s»/);
    await page.getByRole('searchbox').fill(nom.toUpperCase());
    await press(page, page.getByRole('button', { name: 'Chercher' }));
    const found = await page.locator('.work-place > a').allInnerTexts();
    assert.ok(found.includes(nom) && found.every((n) => names.includes(n)), found.join(', '));
    await page.getByRole('searchbox').fill('');
    await press(page, page.getByRole('button', { name: 'Chercher' }));
    assert.equal((await page.locator('.work-place > a').allInnerTexts()).length, names.length);
    await press(page, page.getByRole('button', { name: `Rien n’a changé à ${nom}` }).first());
    assert.match(await page.getByRole('status').first().innerText(), /rien n’a changé/);
    assert.equal(path(page), '/territoire/lieux');
    const today = (await api('reims', '/territoire')).jour;
    const { lieux } = await api('reims', '/territoire/lieux?liste=tous&tri=nom');
    assert.equal(lieux.find((l) => l.nom === nom).date_maj, today);
    await press(page, page.getByRole('link', { name: `Corriger ${nom}` }).first());
    assert.match(path(page), /\/modification$/);
  }, plain);

  keyed('shows two communes to who has two, and each of them apart', async (page) => {
    const [both, reims, lyon] = [await api('two', '/territoire'), await api('two', '/territoire?territoire=commune:51454'), await api('two', '/territoire?territoire=commune:69123')];
    assert.equal(both.lieux, reims.lieux + lyon.lieux);
    assert.ok(reims.lieux > 0 && lyon.lieux > 0);
    await signIn(page, 'two', '/territoire');
    assert.match(await page.locator('h1').innerText(), /^Reims et /);
  });

  keyed('keeps a territory from the others', async (page) => {
    for (const where of ['territoire=commune:69123', 'territoire=departement:51', 'territoire=pays', 'territoire=commune:51454,69123']) {
      assert.equal(await status('reims', `/territoire?${where}`), 403, where);
      assert.equal(await status('reims', `/territoire/lieux?${where}`), 403, where);
      assert.equal(await status('reims', `/territoire/lieux?f=csv&${where}`), 403, where);
    }
    await signIn(page, 'reims', '/territoire?territoire=commune:69123');
    assert.match(await text(page), /territoire/);
    assert.doesNotMatch(await text(page), /Lyon/);
  }, { ...plain, allow: /status of 403/ });

  keyed('has who is of no territory choose one, and says what is not known', async (page) => {
    await signIn(page, 'national', '/territoire');
    assert.match(await text(page), /Choisissez le territoire/);
    await accessible(page, 'choice');
    await page.selectOption('#f-sorte', 'departement');
    await page.fill('#f-ou', 'Zzz');
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Voir ce territoire' }).click()]);
    assert.match(await page.getByRole('alert').innerText(), /Nous ne connaissons pas/);
    assert.equal(await page.inputValue('#f-ou'), 'Zzz');
    assert.equal(await page.inputValue('#f-sorte'), 'departement');
    await accessible(page, 'choice refused');
    await page.fill('#f-ou', 'marne');
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Voir ce territoire' }).click()]);
    assert.equal(new URL(page.url()).search, '?territoire=departement%3A51');
    assert.equal(await page.locator('h1').innerText(), 'Marne');
  }, { allow: /status of 400/ });

  keyed('gives all of it away, to anybody', async () => {
    const answer = await fetch(`${server.url}/territoire/archive.zip?territoire=departement:51`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('content-type'), 'application/zip');
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(bytes.readUInt32LE(0), 0x04034b50);
    for (const name of ['lieux.csv', 'lieux.geojson', 'fiches.csv', 'historique.csv', 'signalements.csv', 'fermetures.csv', 'doublons.csv', 'lisez-moi.txt']) assert.ok(bytes.includes(name), name);
    assert.equal((await fetch(`${server.url}/territoire/archive.zip`)).status, 400);
    assert.equal((await fetch(`${server.url}/territoire/archive.zip?territoire=canton:5`)).status, 400);
  });
});
