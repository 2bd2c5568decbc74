// An agent corrects a place: with the keyboard alone, without script, on a phone;
// moves its point; takes a mistake back. And whoever comes after reads why.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, fits, open, scene, server } from './scene.mjs';

const key = server?.key?.('contributeur-collectivite', 'Département de la Marne', '225100015', 'departement:51');
const keyed = key ? scene : (name) => test(name, { skip: 'a server of our own is needed' }, () => {});
const plain = { javaScriptEnabled: false };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const text = (page) => page.locator('main').innerText();
const heading = (page) => page.locator('h1').innerText();
const send = (page, button) => Promise.all([page.waitForEvent('load'), button.click()]);
const named = (page, name) => page.getByRole('button', { name, exact: true }).last();

async function signIn(page) {
  await open(page, '/connexion?retour=/lieux/ajout');
  const fold = page.locator('details:has(#f-cle) > summary');
  if ((await fold.count()) && !(await page.locator('#f-cle').isVisible())) await fold.click();
  await page.fill('#f-cle', key);
  await send(page, page.locator('form:has(#f-cle) button').first());
  assert.equal(new URL(page.url()).pathname, '/lieux/ajout');
}

/** The address of a place of the fixture, by its name. */
async function lieu(nom) {
  const { features } = await (await fetch(`${server.url}/collections/lieux/items?limit=100&departement=51`)).json();
  const found = features.find((f) => f.properties.nom === nom);
  assert.ok(found, nom);
  return `/collections/lieux/items/${found.id}`;
}
const published = async (path) => (await fetch(`${server.url}${path}?f=json`)).json();

/** Tab, until the focus is on what is looked for: nobody uses a mouse. */
async function tabTo(page, locator, most = 120) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    if (await locator.evaluate((e) => e === document.activeElement)) return;
  }
  assert.fail(`the keyboard never reaches ${locator}`);
}

describe('the form of a place', () => {
  keyed('is led to from the place, and says what it holds', async (page) => {
    const place = await lieu('Maison de quartier du Canal');
    await signIn(page);
    await open(page, place);
    await page.getByRole('link', { name: 'Modifier ce lieu' }).click();
    await page.waitForURL(`**${place}/modification`);
    assert.match(await page.locator('#s-horaires .edit-digest').innerText(), /lundi au vendredi.*9\sh\s–\s12\sh/i);
    assert.match(await page.locator('#s-public .edit-digest').innerText(), /Seniors/);
    await accessible(page, 'folded form');
    for (const summary of await page.locator('.edit-section > summary').all()) await summary.click();
    await page.locator('.edit-map.leaflet-container').waitFor();
    await accessible(page, 'open form');
  });

  keyed('corrects a place with the keyboard alone', async (page) => {
    const place = await lieu('Maison de quartier du Canal');
    await signIn(page);
    await open(page, `${place}/modification`);
    await tabTo(page, page.locator('#s-contact > summary'));
    await page.keyboard.press('Enter');
    await tabTo(page, page.locator('#f-telephone'));
    await page.keyboard.press('Control+A');
    await page.keyboard.type('zéro trois');
    // Told at once, beside the field.
    await page.locator('[data-says=telephone] .fault').waitFor();
    assert.equal(await page.getAttribute('#f-telephone', 'aria-invalid'), 'true');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('03 26 55 44 33');
    await page.locator('[data-says=telephone] .fault').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter'); // the form's first button: see what changes
    await page.waitForFunction(() => document.querySelector('h1').textContent === 'Avant de publier');
    assert.match(await text(page), /03\s26\s00\s00\s02[\s\S]*03\s26\s55\s44\s33/);
    assert.match(await text(page), /La qualité/);
    await accessible(page, 'confirmation');
    await tabTo(page, page.locator('#f-raison'));
    await page.keyboard.type('Appel du lieu');
    await tabTo(page, named(page, 'Publier'));
    await page.keyboard.press('Enter');
    await page.waitForURL('**/historique?fait=publie');
    assert.match(await text(page), /C’est publié[\s\S]*Correction[\s\S]*Département de la Marne[\s\S]*«\sAppel du lieu\s»/);
    await accessible(page, 'history');
    await page.getByRole('link', { name: /Voir ou reprendre cette version/ }).first().click();
    await page.waitForURL(/revision=/);
    await accessible(page, 'a version');
    await fits(page, 'a version');
    assert.equal((await published(place)).properties.telephone, '+33326554433');
  });

  keyed('fills in hours without script, a slot more included', async (page) => {
    const place = await lieu('Maison de quartier du Canal');
    await signIn(page);
    await open(page, `${place}/modification`);
    await page.locator('#s-horaires > summary').click();
    await page.locator('[name="h.0.0.de"]').fill('08:30');
    await send(page, page.locator('[data-add-slot="0"]'));
    assert.equal(await page.inputValue('[name="h.0.0.de"]'), '08:30', 'what was written is kept');
    await page.locator('[name="h.0.2.de"]').fill('19:00');
    await page.locator('[name="h.0.2.a"]').fill('20:00');
    await send(page, named(page, 'Relire ces horaires'));
    assert.match(await page.locator('.hours-read').innerText(), /Lundi\s: 8\sh\s30\s–\s12\sh, 14\sh\s–\s18\sh et 19\sh\s–\s20\sh/);
    await send(page, page.locator('[data-copy]'));
    assert.equal(await page.inputValue('[name="h.4.2.a"]'), '20:00');
    await page.locator('[name="h.5.etat"]').selectOption('ferme');
    await send(page, named(page, 'Voir ce qui change'));
    assert.match(await heading(page), /Avant de publier/);
    await send(page, named(page, 'Publier'));
    assert.equal((await published(place)).properties.horaires, 'Mo-Fr 08:30-12:00,14:00-18:00,19:00-20:00; PH off');
  }, plain);

  keyed('keeps everything of a form that is refused', async (page) => {
    const place = await lieu('Médiathèque des Tilleuls');
    await signIn(page);
    await open(page, `${place}/modification`);
    await page.locator('#s-presentation > summary').click();
    await page.fill('#f-presentation_resume', 'Une équipe patiente.\nDu café.');
    await page.locator('#s-contact > summary').click();
    await page.fill('#f-telephone', 'demandez');
    await send(page, named(page, 'Voir ce qui change'));
    assert.match(await page.locator('#fautes').innerText(), /une chose à corriger[\s\S]*demandez/);
    assert.equal(await page.inputValue('#f-presentation_resume'), 'Une équipe patiente.\nDu café.');
    assert.ok(await page.locator('#f-telephone').isVisible(), 'what is wrong is open');
    await accessible(page, 'refused');
  }, { allow: /status of 422/ });

  keyed('does the hours in fewer gestures with script', async (page) => {
    const place = await lieu('Médiathèque des Tilleuls');
    await signIn(page);
    await open(page, `${place}/modification#s-horaires`);
    assert.ok(await page.locator('[name="h.0.etat"]').isVisible(), 'the address opens what it names');
    await page.locator('[name="h.0.0.de"]').fill('10:00');
    await page.locator('[name="h.0.0.a"]').fill('12:00');
    await page.locator('[data-add-slot="0"]').click();
    assert.equal(await page.evaluate(() => document.activeElement.name), 'h.0.2.de');
    await page.locator('[name="h.0.2.de"]').fill('18:00');
    await page.locator('[name="h.0.2.a"]').fill('19:00');
    await page.locator('[name="h.0.1.note"]').check();
    await page.locator('[data-copy]').click();
    assert.equal(await page.inputValue('[name="h.3.2.a"]'), '19:00');
    await page.locator('[name="h.6.etat"]').selectOption('ferme');
    await page.waitForFunction(() => /18\sh\s–\s19\sh/.test(document.querySelector('[data-hours-read]').textContent));
    await page.waitForFunction(() => /^Mo-Fr 10:00-12:00,18:00-19:00/.test(document.querySelector('[name="h.texte"]').value));
    assert.match(await page.locator('[data-edit-count]').innerText(), /1\schamp change/);
    await send(page, named(page, 'Voir ce qui change'));
    assert.match(await text(page), /Du lundi au vendredi\s: 10\sh\s–\s12\sh et 18\sh\s–\s19\sh/);
  });

  keyed('moves the point: by a press, by the arrows, by the address', async (page) => {
    const place = await lieu('Médiathèque des Tilleuls');
    await signIn(page);
    await open(page, `${place}/modification#s-position`);
    const map = page.locator('.edit-map.leaflet-container');
    await map.waitFor();
    const pin = map.getByRole('button', { name: /Point du lieu/ });
    const before = await page.inputValue('#f-latitude');
    await pin.focus();
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Shift+ArrowRight');
    assert.ok(Number(await page.inputValue('#f-latitude')) > Number(before), 'the arrows move it');
    assert.ok(await pin.evaluate((e) => e === document.activeElement), 'and keep the focus');
    await page.waitForFunction(() => /Le point bouge de \d+\sm/.test(document.querySelector('[data-point-where]').textContent));
    const moved = await page.inputValue('#f-latitude');
    await map.click({ position: { x: 60, y: 60 } });
    assert.notEqual(await page.inputValue('#f-latitude'), moved);
    const box = await pin.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 90, box.y + 80, { steps: 5 });
    await page.mouse.up();
    const dragged = await page.inputValue('#f-latitude');
    assert.notEqual(dragged, moved);
    await page.fill('#f-adresse', '22 rue des Ormes');
    await send(page, named(page, 'Placer d’après l’adresse'));
    assert.deepEqual([await page.inputValue('#f-latitude'), await page.inputValue('#f-longitude')], ['49.2521', '4.0379']);
    assert.match(await page.locator('[data-point-where]').innerText(), /Le point bouge de/);
    assert.equal(await page.inputValue('#f-adresse'), '22 rue des Ormes');
  });

  keyed('is read and used on a phone, and at 320 px', async (page) => {
    const place = await lieu('Maison de quartier du Canal');
    await signIn(page);
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 700 });
      await open(page, `${place}/modification`);
      for (const summary of await page.locator('.edit-section > summary').all()) await summary.click();
      await fits(page, `the form at ${width}`);
      await open(page, `${place}/historique`);
      await fits(page, `the history at ${width}`);
      await open(page, '/lieux/ajout');
      await fits(page, `a new place at ${width}`);
    }
    await open(page, `${place}/modification`);
    await page.locator('#s-acces > summary').tap();
    await page.locator('[name=frais_a_charge][value=Payant]').tap();
    await send(page, named(page, 'Voir ce qui change'));
    await fits(page, 'the confirmation');
    assert.match(await text(page), /Prix[\s\S]*Gratuit[\s\S]*Payant/);
  }, phone);

  keyed('says once that nothing changed', async (page) => {
    const place = await lieu('Médiathèque des Tilleuls');
    await signIn(page);
    await open(page, `${place}/modification`);
    await send(page, named(page, 'Rien n’a changé'));
    assert.match(await text(page), /rien n’a changé[\s\S]*aujourd’hui/i);
    assert.equal((await published(place)).properties.date_maj, new Date().toISOString().slice(0, 10));
  }, plain);

  keyed('takes a mistake back', async (page) => {
    const place = await lieu('Maison de quartier du Canal');
    await signIn(page);
    await open(page, `${place}/modification`);
    await page.locator('#s-lieu > summary').click();
    await page.fill('#f-nom', 'Erreur');
    await send(page, named(page, 'Voir ce qui change'));
    await send(page, named(page, 'Publier'));
    assert.equal((await published(place)).properties.nom, 'Erreur');
    await page.getByRole('link', { name: /Voir ou reprendre cette version/ }).first().click();
    await page.waitForURL(/revision=/);
    assert.match(await text(page), /Ce qui va changer[\s\S]*Erreur[\s\S]*Maison de quartier du Canal/);
    await page.fill('#f-raison', 'Faute de frappe');
    await send(page, named(page, 'Revenir à cette version'));
    assert.match(await text(page), /revenu à cette version[\s\S]*«\sFaute de frappe\s»/);
    assert.equal((await published(place)).properties.nom, 'Maison de quartier du Canal');
    await page.locator('#f-avec').selectOption({ index: 1 });
    await send(page, named(page, 'Comparer'));
    assert.match(await text(page), /Ce qui a changé[\s\S]*Erreur/);
  }, plain);

  keyed('tells the second of two editors, who loses nothing', async (page, context) => {
    const place = await lieu('Médiathèque des Tilleuls');
    await signIn(page);
    const other = await context.newPage();
    await open(page, `${place}/modification`);
    await open(other, `${place}/modification`);
    await other.locator('#s-adresse > summary').click();
    await other.fill('#f-complement_adresse', 'Deuxième étage');
    await send(other, named(other, 'Voir ce qui change'));
    await send(other, named(other, 'Publier'));
    await page.locator('#s-adresse > summary').click();
    await page.fill('#f-complement_adresse', 'Rez-de-chaussée');
    await send(page, named(page, 'Voir ce qui change'));
    assert.match(await heading(page), /Quelqu’un d’autre a modifié/);
    assert.match(await text(page), /Vous changez tous les deux[\s\S]*Deuxième étage[\s\S]*Rez-de-chaussée/);
    await accessible(page, 'a conflict');
    await send(page, named(page, 'Continuer avec mes changements'));
    await send(page, named(page, 'Publier'));
    assert.equal((await published(place)).properties.complement_adresse, 'Rez-de-chaussée');
  }, { allow: /status of 412/ });

  keyed('closes a place, whose page says where to go', async (page) => {
    await signIn(page);
    await page.fill('#f-nom', 'Atelier des Coquelicots');
    await page.fill('#f-adresse', '3 rue des Coquelicots');
    await page.fill('#f-code_postal', '51100');
    await page.fill('#f-commune', 'Reims');
    await send(page, named(page, 'Voir ce qui change'));
    await send(page, named(page, 'Publier'));
    const place = new URL(page.url()).pathname.replace('/historique', '');
    assert.match(await text(page), /Le lieu est ajouté/);
    await open(page, `${place}/modification`);
    await page.locator('#s-fermeture > summary').click();
    await page.fill('#f-depuis', '2026-01-15');
    await page.fill('#f-fermeture-raison', 'Fin du bail');
    await send(page, named(page, 'Dire que ce lieu a fermé'));
    assert.match(await text(page), /a fermé/);
    const closed = await open(page, place);
    assert.equal(closed.status(), 410);
    assert.match(await text(page), /Atelier des Coquelicots a fermé[\s\S]*15 janvier 2026[\s\S]*Fin du bail[\s\S]*Voir les lieux près de Reims/);
    await accessible(page, 'a closed place');
    await fits(page, 'a closed place');
    await page.getByRole('link', { name: 'Historique de ce lieu' }).click();
    await send(page, named(page, 'Rouvrir ce lieu'));
    assert.equal((await open(page, place)).status(), 200);
  }, { allow: /status of 410/ });
});
