// A day in a territory, from the citizen who finds closed doors to the answer:
// reports from a phone, an agent at work with the keyboard alone and without
// script, a mistake and its undoing, and what is not theirs left alone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, fits, open, scene, server } from './scene.mjs';

const keys = server?.key && {
  reims: server.key('contributeur-collectivite', 'Ville de Reims', '215104548', 'commune:51454'),
};
const keyed = keys ? scene : (name) => test(name, { skip: 'a server of our own is needed' }, () => {});
const plain = { javaScriptEnabled: false };
const phone = { ...plain, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** What is read, with plain spaces. */
const text = async (page) => (await page.locator('main').innerText()).replace(/[\u00a0\u202f]/g, ' ');
const path = (page) => new URL(page.url()).pathname;

/** Presses Tab until something is reached, as who has no mouse does. */
async function tabTo(page, locator, most = 220) {
  for (let i = 0; i < most; i++) {
    if (await locator.evaluate((e) => e === document.activeElement).catch(() => false)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`the keyboard does not reach ${locator} on ${path(page)}`);
}
/** Activates what has the focus, and waits for the page that follows. */
async function press(page, locator, with_ = 'Enter') {
  await tabTo(page, locator);
  await Promise.all([page.waitForEvent('load'), page.keyboard.press(with_)]);
}
async function write(page, locator, words) {
  await tabTo(page, locator);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(words);
}
async function signIn(page, back) {
  await open(page, `/connexion?retour=${encodeURIComponent(back)}`);
  const fold = page.locator('details:has(#f-cle) > summary');
  if ((await fold.count()) && !(await page.locator('#f-cle').isVisible())) await fold.click();
  await page.fill('#f-cle', keys.reims);
  await Promise.all([page.waitForEvent('load'), page.locator('form:has(#f-cle) button').first().click()]);
  assert.equal(path(page), back);
}

/** Places of Reims and of Lyon, as partners read them. */
async function places(insee) {
  const answer = await fetch(`${server.url}/collections/lieux/items?code_insee=${insee}&limit=12`);
  return (await answer.json()).features.map((f) => ({ id: f.id, nom: f.properties.nom }));
}
const mine = keys ? await places('51454') : [];
const theirs = keys ? await places('69123') : [];
const tickets = [];
const page = (place) => `/collections/lieux/items/${place.id}`;

describe('a day in a territory', () => {
  keyed('a citizen finds closed doors, and says so from a phone', async (p) => {
    await open(p, page(mine[0]));
    await p.getByRole('link', { name: /Signaler une erreur/ }).first().click();
    await p.waitForURL('**/signalements/nouveau?lieu=*');
    await fits(p, 'report');
    await p.getByRole('radio', { name: /fermé/ }).first().check();
    await p.fill('#f-texte', 'Porte close ce matin, et un mot sur la vitrine.');
    await p.waitForTimeout(4_000); // nobody writes that in a second
    await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Envoyer' }).click()]);
    const number = await p.locator('.ticket-number strong').innerText();
    assert.match(number, /^[0-9A-Z]{4}-[0-9A-Z]{3}$/);
    tickets.push(number);
    await fits(p, 'thanks');
    // Seven signs on a piece of paper are enough to come back.
    await open(p, '/signalements/suivi');
    await p.fill('#f-numero', number.toLowerCase().replace('-', ' '));
    await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Voir où il en est' }).click()]);
    assert.match(await text(p), /Reçu/);
    assert.doesNotMatch(await text(p), /vitrine/, 'what somebody wrote is not public');
  }, phone);

  keyed('two others report a telephone and a place that is missing', async (p) => {
    await open(p, `/signalements/nouveau?lieu=${mine[1].id}`);
    await p.getByRole('radio', { name: /téléphone|adresse/i }).first().check();
    await p.getByText('Je connais la bonne information').click();
    await p.fill('#f-valeur_telephone', '03 26 00 77 88');
    await p.waitForTimeout(4_000);
    await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Envoyer' }).click()]);
    tickets.push(await p.locator('.ticket-number strong').innerText());
    await open(p, '/signalements/nouveau');
    await p.fill('#f-valeur_nom', 'Atelier du Jard');
    await p.fill('#f-valeur_adresse', '8 boulevard du Jard');
    await p.fill('#f-valeur_code_postal', '51100');
    await p.fill('#f-valeur_commune', 'Reims');
    await p.waitForTimeout(4_000);
    await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Envoyer' }).click()]);
    tickets.push(await p.locator('.ticket-number strong').innerText());
    assert.equal(new Set(tickets).size, 3);
  }, plain);

  keyed('the agent sees what waits, and handles three reports with the keyboard', async (p) => {
    await signIn(p, '/territoire');
    await accessible(p, 'my territory');
    assert.match(await text(p), /3 signalement/);
    for (const [number, does] of [
      [tickets[0], async () => {
        await press(p, p.getByRole('button', { name: 'Je m’en occupe' }));
        await write(p, p.locator('#f-texte-reponse'), 'Le lieu était en congés : il a rouvert lundi.');
        await press(p, p.getByRole('button', { name: 'Répondre sans rien changer' }));
      }],
      [tickets[1], async () => press(p, p.getByRole('button', { name: 'Publier ces valeurs' }))],
      [tickets[2], async () => press(p, p.getByRole('button', { name: 'Ajouter ce lieu' }))],
    ]) {
      await open(p, '/signalements');
      await press(p, p.locator(`a[href="/signalements/${number}"]`).first());
      await accessible(p, `report ${number}`);
      await does();
      assert.equal(await p.locator('[role=alert]').count(), 0, await text(p));
    }
    await open(p, '/signalements');
    assert.match(await text(p), /Aucun signalement n’attend/);
  });

  keyed('what was reported is published, and each one can read the answer', async (p) => {
    await open(p, page(mine[1]));
    assert.match(await text(p), /03 26 00 77 88/);
    await open(p, `/signalements/${tickets[0]}`);
    assert.match(await text(p), /en congés/);
    assert.match(await text(p), /Ville de Reims/);
    await fits(p, 'answer');
    await open(p, `/signalements/${tickets[2]}`);
    await Promise.all([p.waitForEvent('load'), p.getByRole('link', { name: 'Voir le lieu' }).click()]);
    assert.match(await p.locator('h1').innerText(), /Atelier du Jard/);
  }, phone);

  keyed('the agent corrects five places without script', async (p) => {
    await signIn(p, '/territoire');
    for (const [i, place] of mine.slice(2, 7).entries()) {
      await open(p, `${page(place)}/modification`);
      await p.locator('#s-coordonnees > summary, details:has(#f-telephone) > summary').first().click();
      const phones = p.locator('[name=telephone]').first();
      if (!(await phones.isVisible())) await p.locator('details.edit-section:has([name=telephone]) > summary').click();
      await phones.fill(`03 26 11 22 3${i}`);
      await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Voir ce qui change' }).last().click()]);
      assert.match(await p.locator('h1').innerText(), /Avant de publier/, await text(p));
      await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Publier', exact: true }).click()]);
      await open(p, page(place));
      assert.match(await text(p), new RegExp(`03 26 11 22 3${i}`));
    }
  }, plain);

  keyed('claims nothing that is not theirs', async (p) => {
    await signIn(p, '/territoire');
    const asked = await open(p, `${page(theirs[0])}/modification`);
    assert.equal(asked.status(), 403);
    assert.match(await text(p), /territoire/);
    await accessible(p, 'refused');
    // Nor by hand.
    const status = await p.evaluate(async (to) => (await fetch(to, { method: 'POST', redirect: 'manual', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: '' })).status, `${page(theirs[0])}/confirmation`);
    assert.equal(status, 403);
  }, { allow: /status of 403/ });

  keyed('restores a mistake', async (p) => {
    await signIn(p, '/territoire');
    const place = mine[3];
    await open(p, `${page(place)}/modification`);
    const name = p.locator('[name=nom]').first();
    if (!(await name.isVisible())) await p.locator('details.edit-section:has([name=nom]) > summary').click();
    await name.fill('Mauvais nom');
    await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Voir ce qui change' }).last().click()]);
    await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Publier', exact: true }).click()]);
    await open(p, `${page(place)}/historique`);
    assert.match(await text(p), /Mauvais nom/);
    await p.locator('.story-step').nth(1).getByRole('link', { name: /reprendre cette version/ }).click();
    await p.waitForURL(/revision=/);
    assert.match(await text(p), new RegExp(`Mauvais nom[^]*${place.nom}|${place.nom}[^]*Mauvais nom`));
    await Promise.all([p.waitForEvent('load'), p.getByRole('button', { name: 'Revenir à cette version' }).click()]);
    await open(p, page(place));
    assert.equal((await p.locator('h1').innerText()).trim(), place.nom);
    await open(p, `${page(place)}/historique`);
    assert.match(await p.locator('.story-step').first().innerText(), /Ville de Reims/);
  }, plain);
});
