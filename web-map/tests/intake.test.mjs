// An agent, a file in its own words, and places that other sources know: from
// the spreadsheet to the citizen's page, without script, then with it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, fits, open, scene, server } from './scene.mjs';

const roles = {
  hub: ['hub', 'Hub de l’Est', '732829320'],
  marne: ['contributeur-collectivite', 'Département de la Marne', '225100015', 'departement:51'],
  reader: ['lecteur', 'Observatoire', ''],
};
const keys = server?.key && Object.fromEntries(Object.entries(roles).map(([name, of]) => [name, server.key(...of)]));
const keyed = keys ? scene : (name) => test(name, { skip: 'a server of our own is needed' }, () => {});
const plain = { javaScriptEnabled: false };

// Their words, a semicolon, decimal commas, Windows-1252, a title above the
// headers, a row without a name, a place that the census knows, one that it may.
const lines = [
  'Lieux du numérique – mise à jour de mars;;;;;;;;',
  'Nom du lieu;Voie;CP;Ville;Lat;Lon;Tél;Accompagnement;Statut',
  'Maison de quartier du Canal;18 quai du Canal;51100;Reims;49,2555;4,0275;0326000002;Individuel;Ouvert',
  'Médiathèque;place des Tilleuls;51100;Reims;49,2595;4,0345;0326000099;Tout seul;Ouvert',
  'Espace numérique du Vignoble;7 rue du Pressoir;51100;Reims;49,2705;4,0505;03 26 00 00 77;Cuisine;Ouvert',
  ';3 rue de Vesle;51100;Reims;;;;;Ouvert',
  'Ancien local;1 rue Vide;51100;Reims;49,26;4,03;;;Fermé',
];
const latin = Buffer.from(lines.join('\r\n').replaceAll('–', '-'), 'latin1');
const file = { name: 'Lieux mars.csv', mimeType: 'text/csv', buffer: latin };

async function signIn(page, name, back) {
  await open(page, `/connexion?retour=${encodeURIComponent(back)}`);
  await page.fill('#f-cle', keys[name]);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.waitForURL(`**${back}`);
}
const send = (page, name) => Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).first().click()]);

/** Waits as a person without script does: the page refreshes itself. */
async function settled(page, word) {
  await page.waitForFunction((w) => document.querySelector('#etat b')?.textContent.startsWith(w), word, { timeout: 30_000 }).catch(() => {});
  for (let i = 0; i < 60 && !(await page.locator('#etat').innerText()).startsWith(word); i++) {
    await page.waitForTimeout(500);
    await page.reload();
  }
  assert.ok((await page.locator('#etat').innerText()).startsWith(word), await page.locator('main').innerText());
}
const text = (page) => page.locator('main').innerText();
/** Number of the deposit whose pages are looked at below. */
let deposit;
let place;

describe('an agent with a file', () => {
  keyed('is led to give a key, and back', async (page) => {
    await open(page, '/');
    await page.getByRole('link', { name: 'Donner un fichier' }).click();
    await page.waitForURL('**/connexion?retour=%2Fdepots');
    await page.fill('#f-cle', keys.hub);
    await send(page, 'Se connecter');
    assert.equal(new URL(page.url()).pathname, '/depots');
    assert.match(await text(page), /200\sMo au plus/);
  }, plain);

  keyed('is told what is missing, and loses nothing', async (page) => {
    await signIn(page, 'hub', '/depots');
    await page.fill('#f-source', 'hub-est');
    await send(page, 'Envoyer le fichier');
    assert.match(await page.locator('[role=alert]').first().innerText(), /Choisissez un fichier/);
    assert.equal(await page.inputValue('#f-source'), 'hub-est');
  }, { ...plain, allow: /status of 422/ });

  keyed('puts it in the census, without script', async (page) => {
    await signIn(page, 'hub', '/depots');
    await page.setInputFiles('#f-fichier', file);
    await page.fill('#f-source', 'hub-est');
    await send(page, 'Envoyer le fichier');
    deposit = new URL(page.url()).pathname;
    assert.match(deposit, /^\/depots\/\d+$/);
    assert.match(await text(page), /Reçu\..*Windows-1252.*en-têtes à la ligne 2/s);

    // Their columns, with their own values, and what each was taken for.
    await page.getByRole('link', { name: /^Vérifier les colonnes|^Revoir les colonnes/ }).first().click();
    const column = (name) => page.locator('.column', { has: page.getByText(name, { exact: true }) });
    assert.equal(await column('CP').locator('select').inputValue(), 'code_postal');
    assert.match(await column('Voie').innerText(), /18 quai du Canal/);
    await column('Voie').locator('select').selectOption('adresse');
    await column('Accompagnement').locator('select').selectOption('modalites_accompagnement');
    await column('Statut').locator('select').selectOption('');
    const rule = page.locator('.filter').last();
    await page.getByText('Garder ou écarter des lignes').click();
    await rule.getByLabel('quand la colonne').selectOption('Statut');
    await rule.getByLabel('vaut').fill('Fermé');
    await send(page, 'Voir l’aperçu');
    assert.match(await text(page), /Rien n’est encore enregistré/);

    // One of their words is the standard's under another name, one is none.
    const word = (found) => page.locator('.value-list li', { hasText: found });
    await word('Tout seul').locator('select').selectOption('En autonomie');
    await word('Cuisine').locator('select').selectOption('');
    await send(page, 'Voir l’aperçu');
    const second = page.locator('.line', { hasText: 'Ligne 4' });
    assert.match(await second.innerText(), /Tout seul\s+Compris\s:\s+En autonomie/);
    assert.match(await page.locator('.line').first().innerText(), /Latitude.*49,2555.*49\.2555/s);
    await send(page, 'Enregistrer et lire le fichier');
    await settled(page, 'Prêt');

    await page.getByRole('link', { name: 'Lire le rapport' }).click();
    const report = await text(page);
    assert.match(report, /3\s+lieux gardés/);
    assert.match(report, /1\s+ligne refusée/);
    assert.match(report, /Ligne 6/);
    assert.match(report, /Doublons possibles : 1/);
    const annotated = await page.request.get(`${server.url}${deposit}/rapport?f=xlsx`);
    assert.equal((await annotated.body()).subarray(0, 2).toString(), 'PK');
    await send(page, 'Publier ces lieux');
    await settled(page, 'Publié');

    await open(page, '/?ou=Reims&q=Vignoble');
    await page.locator('.card h3 a', { hasText: 'Espace numérique du Vignoble' }).first().click();
    assert.match(await text(page), /7 rue du Pressoir/);
    assert.match(await text(page), /03\s26\s00\s00\s77/);
  }, plain);

  keyed('sees one place once, and why', async (page) => {
    const { features } = await (await fetch(`${server.url}/collections/lieux/items?q=Canal&limit=10`)).json();
    const known = features.filter((f) => f.properties.nom === 'Maison de quartier du Canal');
    assert.equal(known.length, 1);
    assert.deepEqual(known[0].properties.sources, ['essai', 'hub-est']);
    place = `/collections/lieux/items/${known[0].id}`;
    const { fiches } = await (await fetch(`${server.url}${place}/sources`)).json();
    const joined = fiches.find((f) => f.producteur === 'hub-est').lieu;
    for (const under of ['', '/score', '/sources']) {
      const moved = await fetch(`${server.url}/collections/lieux/items/${joined}${under}`, { redirect: 'manual' });
      assert.equal(moved.status, 308, under);
      assert.equal(moved.headers.get('location'), place + under);
    }
    await open(page, `${place}/score`);
    await page.getByRole('link', { name: 'D’où vient chaque champ' }).click();
    assert.match(await text(page), /2 fiches parlent de ce lieu/);
    assert.match(await page.locator('.fields').innerText(), /essai|hub-est/);
    assert.equal(await page.locator('form[action$="/separation"]').count(), 0, 'a visitor splits nothing');
  }, plain);

  keyed('tells a doubtful pair apart, and takes it back', async (page) => {
    await signIn(page, 'hub', '/doublons');
    await page.locator('.pairs a').first().click();
    assert.match(await page.locator('.versus').innerText(), /Différent/);
    assert.ok(await page.locator('.arguments li').count() > 0);
    await page.fill('#f-raison', 'Deux portes, deux équipes.');
    await send(page, 'Ce sont deux lieux');
    assert.match(await page.locator('.message-good').innerText(), /ce sont deux lieux/);
    assert.match(await text(page), /Rien à départager ici/);
    await page.getByRole('link', { name: 'Revenir sur cette réponse' }).click();
    assert.match(await page.locator('.verdict').innerText(), /Ce sont deux lieux.*Hub de l’Est.*Deux portes/s);
    await send(page, 'Reprendre ma réponse');
    assert.equal(await page.locator('.verdict').count(), 0);
  }, plain);

  keyed('splits what was joined: both are back, and the old address still answers', async (page) => {
    await signIn(page, 'hub', `${place}/sources`);
    await page.locator('.radio', { hasText: 'hub-est' }).click();
    await send(page, 'Séparer cette fiche');
    assert.match(await page.locator('.message-good').innerText(), /deux lieux/);
    await page.getByRole('link', { name: 'Voir l’autre lieu' }).click();
    assert.match(await text(page), /Maison de quartier du Canal/);
    const { features } = await (await fetch(`${server.url}/collections/lieux/items?q=Canal&limit=10`)).json();
    assert.equal(features.filter((f) => f.properties.nom === 'Maison de quartier du Canal').length, 2);
  }, plain);

  keyed('may not with a key that only reads', async (page) => {
    await signIn(page, 'reader', '/referentiels');
    await open(page, '/depots');
    assert.match(await text(page), /Il faut le rôle/);
  }, { ...plain, allow: /status of 403/ });
});

describe('with script', () => {
  keyed('the preview follows what one corrects', async (page) => {
    await signIn(page, 'hub', '/depots');
    await page.setInputFiles('#f-fichier', { ...file, name: 'Lieux avril.csv' });
    await page.fill('#f-source', 'hub-avril');
    await send(page, 'Envoyer le fichier');
    await page.getByRole('link', { name: /^Vérifier les colonnes|^Revoir les colonnes/ }).first().click();
    const column = page.locator('.column', { has: page.getByText('Tél', { exact: true }) });
    await column.locator('select').selectOption('');
    await page.waitForFunction(() => !document.querySelector('#apercu').innerText.includes('Téléphone'));
    await column.locator('select').selectOption('telephone');
    await page.waitForFunction(() => document.querySelector('#apercu').innerText.includes('+33326000002'));
    assert.match(await page.locator('#annonce').innerText(), /Aperçu/);
    // What is read goes on by itself, and the page says so when it is done.
    await page.getByRole('button', { name: 'Enregistrer et lire le fichier' }).click();
    await page.waitForFunction(() => document.querySelector('#etat b')?.textContent.startsWith('Prêt'), null, { timeout: 30_000 });
  });

  keyed('everything is reached by the keyboard', async (page) => {
    await signIn(page, 'hub', '/depots');
    for (const [path, wanted] of [['/depots', ['fichier', 'adresse', 'source', 'partiel']], [`${deposit}/correspondance`, ['c.0', 'c.8', 'geste']], ['/doublons', ['departement']]]) {
      await open(page, path);
      const reached = [];
      for (let i = 0; i < 200; i++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate(() => {
          const e = document.activeElement;
          const seen = e.matches('input[type=radio]') ? e.nextElementSibling : e;
          const style = getComputedStyle(seen);
          return e === document.body ? null : { name: e.name || e.textContent.trim().slice(0, 30), outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
        });
        if (!at) break;
        assert.ok(at.outline, `${path}: ${at.name} shows no focus`);
        reached.push(at.name);
      }
      for (const name of wanted) assert.ok(reached.includes(name), `${path}: ${name} in ${reached}`);
    }
  });
});

describe('every page of a file', () => {
  const states = () => ['/depots', deposit, `${deposit}/correspondance`, `${deposit}/rapport`, `${deposit}/changements`, '/sources', '/sources/1', '/doublons', '/doublons/1', `${place}/sources`, '/aide'].filter((p) => p && !p.startsWith('undefined'));
  const unfold = (page) => page.evaluate(() => document.querySelectorAll('main details').forEach((d) => { d.open = true; }));
  for (const colorScheme of ['light', 'dark']) {
    keyed(`axe finds nothing (${colorScheme})`, async (page) => {
      await signIn(page, 'hub', '/depots');
      for (const state of states()) {
        await open(page, state);
        await unfold(page);
        await accessible(page, state);
      }
    }, { colorScheme, allow: /status of 40\d/ });
  }
  for (const width of [320, 390, 768, 1280]) {
    keyed(`nothing overflows at ${width} px, nor with the text twice as large`, async (page) => {
      await signIn(page, 'hub', '/depots');
      for (const state of states()) {
        await open(page, state);
        await unfold(page);
        await fits(page, `${state} at ${width}`);
        await page.evaluate(() => (document.documentElement.style.fontSize = '225%'));
        await fits(page, `${state} at ${width}, large text`);
      }
    }, { viewport: { width, height: 800 }, tiles: false, allow: /status of 40\d/ });
  }
});
