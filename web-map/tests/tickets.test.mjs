// Somebody finds closed doors and says so from a phone; an agent answers; they see
// the answer. A place that is missing, a flood, and the people of a place.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { accessible, fits, open, scene, server } from './scene.mjs';

const key = server?.key && { marne: server.key('contributeur-collectivite', 'Département de la Marne', '225100015', 'departement:51'), elsewhere: server.key('contributeur-collectivite', 'Ville de Paris', '217500016', 'commune:75056') };
const keyed = key ? scene : (name) => test(name, { skip: 'a server of our own is needed' }, () => {});
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
const still = { ...phone, javaScriptEnabled: false };

const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });
const shot = (page, name) => shots && page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
const text = (page) => page.locator('main').innerText();
const json = async (path, options = {}) => (await fetch(server.url + path, { ...options, headers: { Accept: 'application/json', 'Content-Type': 'application/json', ...options.headers } })).json();
const ids = server ? (await json('/collections/lieux/items?limit=60')).features.filter((f) => f.properties.departement === '51').map((f) => f.id) : [];
/** Nobody reads a form in less than three seconds: the server does not believe it. */
const read = (page) => page.waitForTimeout(3200);
/** Waits for the next page, which a form may answer under the same address. */
const sent = (page, act) => Promise.all([page.waitForEvent('load'), act]);

async function signIn(page, who) {
  await open(page, '/connexion');
  const field = page.locator('[name=cle]');
  if (!(await field.isVisible())) await page.locator('summary', { hasText: /clé/i }).first().click();
  await field.fill(key[who]);
  await sent(page, field.press('Enter'));
}

/** Tab until what has the focus satisfies a selector. */
async function tab(page, selector) {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    if (await page.locator(selector).evaluateAll((all) => all.includes(document.activeElement))) return;
  }
  assert.fail(`the keyboard does not reach ${selector}`);
}

let number;

describe('a citizen in front of closed doors', () => {
  keyed('says so with the keyboard alone, without script, and follows it', async (page) => {
    await open(page, `/collections/lieux/items/${ids[0]}`);
    const name = await page.locator('h1').innerText();
    await tab(page, 'a[href^="/signalements/nouveau"]');
    await sent(page, page.keyboard.press('Enter'));
    assert.match(await text(page), new RegExp(name));
    await shot(page, 'signaler-phone');
    await read(page);
    await tab(page, '[name=nature]');
    await page.keyboard.press('Space');
    await tab(page, '#f-texte');
    await page.keyboard.type('Rideau baissé depuis des mois. <b>Merci</b>');
    await tab(page, '#f-courriel');
    await page.keyboard.type('anne@exemple.fr');
    await tab(page, 'main button.go');
    await sent(page, page.keyboard.press('Enter'));
    await shot(page, 'merci-phone');
    const said = await text(page);
    assert.match(said, /Merci\. C’est reçu\./);
    assert.match(said, /Rideau baissé depuis des mois\. <b>Merci<\/b>/);
    assert.match(said, /Nous vous écrirons à anne@exemple\.fr/);
    [number] = /\b[2-9A-Z]{4}-[2-9A-Z]{3}\b/.exec(said);
    await sent(page, page.getByRole('link', { name: `Le signalement ${number}` }).click());
    const state = await text(page);
    assert.match(state, /Reçu/);
    assert.doesNotMatch(state, /Rideau|anne@/);
    assert.equal(await page.locator('[aria-current=step]').innerText().then((s) => s.startsWith('Reçu')), true);
  }, still);

  keyed('types the number as they noted it', async (page) => {
    await open(page, '/signalements/suivi');
    await page.fill('#f-numero', 'KKKK-KKK2');
    await sent(page, page.getByRole('button', { name: 'Voir où il en est' }).click());
    assert.match(await page.locator('[role=alert]').innerText(), /Aucun signalement n’a le numéro «\sKKKK-KKK2\s»/);
    await page.fill('#f-numero', number.toLowerCase().replace('-', ' '));
    await sent(page, page.getByRole('button', { name: 'Voir où il en est' }).click());
    assert.match(await page.locator('h1').innerText(), new RegExp(number));
  }, still);

  keyed('loses nothing when the form is refused', async (page) => {
    await open(page, `/signalements/nouveau?lieu=${ids[1]}`);
    await page.getByText('Autre chose', { exact: true }).click();
    await page.fill('#f-texte', 'Le digicode a changé.');
    await page.fill('#f-courriel', 'anne@exemple');
    await sent(page, page.getByRole('button', { name: 'Envoyer' }).click());
    const alert = await page.locator('[role=alert]').innerText();
    assert.match(alert, /C’était très rapide/);
    assert.match(alert, /Cette adresse n’en est pas une/);
    assert.equal(await page.inputValue('#f-texte'), 'Le digicode a changé.');
    assert.equal(await page.isChecked('[value=autre]'), true);
    assert.equal(await page.locator('details.i-know').getAttribute('open'), null);
    await accessible(page, 'the refused form');
    await fits(page, 'the refused form');
    await shot(page, 'signaler-refuse-phone');
  }, { ...phone, allow: /status of 422/ });

  keyed('proposes what they know, and a place that is missing', async (page) => {
    await open(page, `/signalements/nouveau?lieu=${ids[2]}`);
    await page.getByText('Le téléphone ou l’adresse est faux').click();
    await page.getByText('Je connais la bonne information').click();
    assert.match(await page.inputValue('#f-valeur_telephone'), /^0\d( \d\d){4}$/);
    await shot(page, 'signaler-valeurs-phone');
    await page.fill('#f-valeur_telephone', '03 26 00 00 99');
    await read(page);
    await sent(page, page.getByRole('button', { name: 'Envoyer' }).click());
    assert.match(await text(page), /Téléphone\s+03\s26\s00\s00\s99/i);
    assert.doesNotMatch(await text(page), /Adresse mail du lieu/i);

    await open(page, '/?ou=Reims&rayon=0.01');
    await sent(page, page.getByRole('link', { name: /Proposez un lieu/ }).click());
    assert.equal(await page.inputValue('#f-valeur_commune'), 'Reims');
    await page.fill('#f-valeur_nom', 'Atelier du Pont');
    await page.fill('#f-valeur_adresse', '3 rue du Pont');
    await page.fill('#f-valeur_code_postal', '51100');
    await page.getByLabel('Chercher un emploi, faire un CV').check();
    await accessible(page, 'the form of a new place');
    await shot(page, 'proposer-phone');
    await read(page);
    await sent(page, page.getByRole('button', { name: 'Envoyer' }).click());
    assert.match(await text(page), /un nouveau lieu à Reims/);
  }, phone);
});

describe('an agent', () => {
  keyed('sees closed doors first once two people say so, answers, and the citizen sees it', async (page, context) => {
    // A second person, elsewhere, has no way to be told from the first one here:
    // what the place itself says counts as much.
    await signIn(page, 'marne');
    await open(page, '/signalements');
    await accessible(page, 'the queue');
    await shot(page, 'signalements');
    const rows = page.locator('.queue > li');
    assert.ok((await rows.count()) >= 3);
    await sent(page, page.locator(`a[href="/signalements/${number}"]`).click());
    await accessible(page, 'a report, to its agent');
    await shot(page, 'traitement');
    const seen = await text(page);
    assert.match(seen, /Rideau baissé depuis des mois\. <b>Merci<\/b>/);
    assert.match(seen, /1\spersonne attend la réponse par mail/);
    assert.doesNotMatch(seen, /anne@/);
    await sent(page, page.getByRole('button', { name: 'Je m’en occupe' }).click());
    assert.match(await text(page), /Ce signalement est à vous/);

    const citizen = await context.browser().newContext({ ...still, locale: 'fr-FR' });
    const other = await citizen.newPage();
    await other.goto(`${server.url}/signalements/${number}`);
    assert.match(await other.locator('[aria-current=step]').innerText(), /En cours d’examen/);
    assert.doesNotMatch(await other.locator('main').innerText(), /Rideau/);

    await page.fill('#f-texte-publier', 'Fermé, la mairie le confirme.');
    await sent(page, page.getByRole('button', { name: 'Indiquer ce lieu fermé' }).click());
    assert.match(await text(page), /C’est publié/);
    await other.reload();
    const answer = await other.locator('main').innerText();
    assert.match(answer, /Corrigé/);
    assert.match(answer, /Fermé, la mairie le confirme\.\s+Département de la Marne/);
    await shot(other, 'reponse-phone');
    const gone = await other.request.get(`${server.url}/collections/lieux/items/${ids[0]}`);
    assert.equal(gone.status(), 410);
    await citizen.close();
  });

  keyed('publishes a proposed value in one gesture', async (page) => {
    await signIn(page, 'marne');
    await open(page, '/signalements?nature=coordonnees');
    await sent(page, page.locator('.queue a').first().click());
    await shot(page, 'traitement-valeurs');
    assert.match(await text(page), /Ce qui est proposé/);
    await sent(page, page.getByRole('button', { name: 'Publier ces valeurs' }).click());
    assert.match(await text(page), /C’est publié/);
    await open(page, `/collections/lieux/items/${ids[2]}`);
    assert.match(await text(page), /03\s26\s00\s00\s99/);
  });

  keyed('corrects the place by its form, which answers the report', async (page) => {
    const place = ids[6];
    const { numero } = await json('/signalements', { method: 'POST', body: JSON.stringify({ lieu: place, nature: 'coordonnees', texte: 'Le téléphone a changé.' }) });
    await signIn(page, 'marne');
    await open(page, `/signalements/${numero}`);
    await sent(page, page.getByRole('link', { name: 'Corriger la fiche' }).click());
    await page.locator('#s-contact > summary').click();
    await page.fill('#f-telephone', '03 26 00 00 77');
    await sent(page, page.getByRole('button', { name: 'Voir ce qui change' }).last().click());
    assert.match(await text(page), new RegExp(`répond au signalement ${numero}, qui sera clos`));
    await page.fill('#f-raison', 'Numéro vérifié.');
    await sent(page, page.getByRole('button', { name: 'Publier' }).click());
    assert.match(page.url(), new RegExp(`/signalements/${numero}[?]fait=publier`));
    assert.match(await text(page), /C’est publié[\s\S]*Numéro vérifié\./);
    await open(page, `/collections/lieux/items/${place}/historique`);
    assert.match(await text(page), new RegExp(`signalement ${numero}`, 'i'));
    assert.match(await text(page), /03\s26\s00\s00\s77/);
  }, { javaScriptEnabled: false });

  keyed('sets many aside at once, with a reason', async (page) => {
    for (let i = 3; i < 6; i++) await json('/signalements', { method: 'POST', body: JSON.stringify({ lieu: ids[i], nature: 'horaires', texte: 'zzz' }) });
    await signIn(page, 'marne');
    await open(page, '/signalements?nature=horaires');
    const boxes = page.locator('.queue input[type=checkbox]');
    for (let i = 0; i < (await boxes.count()); i++) await boxes.nth(i).check();
    await sent(page, page.getByRole('button', { name: 'Ne pas les retenir' }).click());
    assert.match(await page.locator('[role=alert]').innerText(), /nécessaire/);
    await page.fill('#f-texte', 'Rien de précis.');
    await open(page, '/signalements?nature=horaires');
    for (let i = 0; i < (await boxes.count()); i++) await boxes.nth(i).check();
    await page.fill('#f-texte', 'Rien de précis.');
    await sent(page, page.getByRole('button', { name: 'Ne pas les retenir' }).click());
    assert.match(await text(page), /3\ssignalements ne sont pas retenus/);
  }, { allow: /status of 422/ });

  keyed('of another territory sees none of it', async (page) => {
    await signIn(page, 'elsewhere');
    await open(page, '/signalements');
    assert.match(await text(page), /Aucun signalement n’attend de réponse/);
    await open(page, `/signalements/${number}`);
    assert.doesNotMatch(await text(page), /Rideau|Que faites-vous/);
  });

  keyed('works on a narrow phone', async (page) => {
    await signIn(page, 'marne');
    for (const path of ['/signalements', `/signalements/${number}`]) {
      await open(page, path);
      await fits(page, path);
      await accessible(page, path);
    }
    await shot(page, 'traitement-320');
  }, { viewport: { width: 320, height: 640 } });
});

describe('the people of a place', () => {
  keyed('are asked who they are where no letter can leave', async (page) => {
    await open(page, `/collections/lieux/items/${ids[1]}/revendication`);
    await accessible(page, 'the claim');
    await fits(page, 'the claim');
    await shot(page, 'revendication-phone');
    assert.match(await text(page), /C’est votre lieu/);
  }, phone);
});
