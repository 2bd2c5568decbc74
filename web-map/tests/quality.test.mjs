// The référentiel in a real browser: a citizen, an agent, an editor and a
// committee, each with no more than a page and a keyboard.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { accessible, browser, fits, open, scene, server } from './scene.mjs';

const roles = {
  editor: ['redacteur-national', 'Agence nationale', '130020001'],
  marne: ['contributeur-collectivite', 'Département de la Marne', '225100015', 'departement:51'],
  hub: ['hub', 'Hub de l’Est', '732829320'],
  moderator: ['moderateur', 'Médiation publique', '552100554'],
  verifier: ['verificateur', 'Vérification publique', '552081317'],
};
const keys = server?.key && Object.fromEntries(Object.entries(roles).map(([name, of]) => [name, server.key(...of)]));
/** Path of a place that says much. */
const place = server && (await (await fetch(`${server.url}/collections/lieux/items?q=Tilleuls&limit=1`)).json()).features.map((f) => `/collections/lieux/items/${f.id}`)[0];

/** Signs in as people do: a key, pasted. */
async function signIn(page, name, back = '/referentiels') {
  await open(page, `/connexion?retour=${encodeURIComponent(back)}`);
  await page.fill('#f-cle', keys[name]);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.waitForURL(`**${back}`);
}

/** Sends a form by the button of that name. */
async function send(page, name) {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).first().click()]);
}

const plain = { javaScriptEnabled: false }; // axe needs script: it looks at the same pages below
/** A scene that writes: not on somebody else’s server. */
const keyed = keys ? scene : (name) => test(name, { skip: 'a server of our own is needed' }, () => {});

describe('a citizen', () => {
  scene('reads the guarantees of a place in sentences', async (page) => {
    await open(page, place);
    const part = page.locator('.guarantees');
    assert.match(await part.locator('.socle').innerText(), /^\d\sgaranties? sur\s\d(, \d\sà confirmer)?(, \d\smanque(nt)?)?\.$/);
    for (const line of await part.locator('.mark').all()) {
      assert.match(await line.innerText(), /^(Oui|Non|À confirmer)\. \p{Lu}/u);
      assert.equal(await line.locator('svg[aria-hidden=true]').count(), 1, 'a shape beside the word');
    }
    const text = await page.locator('main').innerText();
    assert.doesNotMatch(text, /niveau [A-E]\b|score|sur 100/i, 'neither letter nor score');
    await page.getByRole('link', { name: 'Comprendre ces garanties' }).click();
    await page.waitForURL('**/aide#garanties');
    assert.ok(await page.locator('#garanties').isVisible());
  });

  scene('prints a sheet of one page', async (page) => {
    await open(page, place);
    const pdf = await page.pdf({ format: 'A4' });
    assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length, 1);
  });
});

describe('an agent', () => {
  scene('reads a score, criterion by criterion, without script', async (page) => {
    await open(page, place);
    await page.getByRole('link', { name: 'Vue pour les professionnels' }).click();
    assert.match(await page.locator('h2').first().innerText(), /^Niveau : /);
    assert.equal(await page.locator('.criterion').count(), 33);
    for (const c of await page.locator('.criterion').all()) {
      const said = (await c.locator('.status').innerText()).trim();
      assert.ok(['Satisfait', 'En partie', 'Non satisfait', 'Inconnu', 'Sans objet'].includes(said), said);
      assert.equal(await c.locator('.status svg').count(), 1);
    }
    assert.match(await page.locator('.criterion').filter({ hasText: 'Inconnu' }).first().innerText(), /Nous ne savons pas/);
    // Most gain first.
    const gains = (await page.locator('.gain b').allInnerTexts()).map((t) => parseFloat(t.replace('+', '').replace(',', '.')));
    assert.ok(gains.length > 0);
    assert.deepEqual(gains, [...gains].sort((a, b) => b - a));
    // The profile says all points: gained, lost, unknown.
    const rows = await page.locator('.profile tbody tr').allInnerTexts();
    assert.equal(rows.length, 8);
    await page.locator('summary', { hasText: 'Refaire ce calcul' }).click();
    assert.match(await page.locator('.hashes').innerText(), /[0-9a-f]{64}/);
  }, plain);

  keyed('answers the questionnaire, and the score follows', async (page) => {
    await open(page, `${place}/declarations`);
    assert.equal(await page.locator('#questionnaire input[type=radio]:enabled').count(), 0, 'nothing to send without a key');
    assert.match(await page.locator('.gate').first().innerText(), /connectez-vous/);
    const groups = await page.locator('#questionnaire fieldset').count();
    assert.equal(await page.locator('#questionnaire label', { hasText: 'Nous ne savons pas' }).count(), groups, 'always offered');
    await signIn(page, 'marne', `${place}/declarations`);
    await page.getByRole('group', { name: 'Faites-vous le point' }).getByText('Oui, toujours').click();
    await send(page, 'Envoyer les réponses');
    assert.match(await page.locator('.message-good').innerText(), /enregistrées/);
    assert.match(await page.getByRole('group', { name: 'Faites-vous le point' }).innerText(), /Réponse du .* : «\s?Oui, toujours\s?»\. Elle compte jusqu’au/);
    await open(page, `${place}/score#ACP-04`);
    assert.match(await page.locator('#ACP-04').innerText(), /^Satisfait/);
  }, plain);

  keyed('is told of a date that is wrong, and loses nothing', async (page) => {
    await signIn(page, 'marne', `${place}/declarations`);
    await page.getByRole('group', { name: 'Quand ce n’est pas pour vous' }).locator('label').first().click();
    await page.locator('#f-date').evaluate((e) => { e.removeAttribute('max'); e.value = '2999-01-01'; });
    await send(page, 'Envoyer les réponses');
    assert.match(await page.locator('[role=alert]').innerText(), /Rien n’a été enregistré/);
    assert.equal(await page.locator('#f-date').inputValue(), '2999-01-01');
    assert.ok(await page.getByRole('group', { name: 'Quand ce n’est pas pour vous' }).locator('input').first().isChecked());
    await accessible(page, 'refused questionnaire');
  }, { allow: /status of 4\d\d/ });

  keyed('contests a result, follows it, and reads the answer', async (page, context) => {
    await signIn(page, 'marne', `${place}/score`);
    await page.locator('#INF-04 summary').click();
    await page.locator('#INF-04').getByRole('link', { name: 'Contester ce résultat' }).click();
    assert.equal(await page.locator('#f-critere').inputValue(), 'INF-04');
    await page.getByText('La fiche du lieu est fausse').click();
    await page.fill('#f-texte', 'La présentation a été refaite en mars.');
    await send(page, 'Déposer la contestation');
    await open(page, `${place}/score`);
    assert.match(await page.locator('#INF-04').innerText(), /Contesté/);
    await page.getByRole('link', { name: /^Contestation \d+$/ }).first().click();
    assert.match(await page.locator('.verdict').innerText(), /Déposée.*Au plus tard le/s);
    await accessible(page, 'contest');
    const path = new URL(page.url()).pathname;
    await context.clearCookies();
    await signIn(page, 'moderator', path);
    await page.locator('summary', { hasText: 'Accuser réception' }).click();
    await send(page, 'Accuser réception');
    assert.match(await page.locator('.verdict').innerText(), /En examen/);
    await page.locator('summary', { hasText: 'Décider' }).click();
    await page.getByText('Rejetée.').click();
    await page.fill('#texte-decision', 'La présentation de la fiche est toujours la même.');
    await send(page, 'Publier la décision');
    assert.match(await page.locator('.verdict').innerText(), /Décidée/);
    assert.match(await page.locator('.timeline').innerText(), /rejetée/);
  });

  keyed('records what a visit found', async (page) => {
    await signIn(page, 'verifier', `${place}/declarations`);
    const proof = page.locator('.proof', { hasText: 'accueil confidentiel' });
    await proof.locator('summary').click();
    await proof.getByText('Une pièce séparée').click();
    await proof.getByLabel('Source').fill('visite');
    await proof.getByLabel('Ce qui le montre').fill('Une porte ferme le bureau.');
    await Promise.all([page.waitForEvent('load'), proof.getByRole('button', { name: 'Enregistrer la preuve' }).click()]);
    assert.match(await page.locator('.message-good').innerText(), /preuve est enregistrée/);
    await open(page, `${place}/score`);
    assert.match(await page.locator('#CON-02').innerText(), /^Satisfait/);
  }, plain);
});

// A version, by somebody who does not program: each step goes on from the last.
describe('a version', () => {
  const draft = '/referentiels/2.0.0';

  scene('is read by a mayor, and printed', async (page) => {
    await open(page, '/');
    await page.getByRole('link', { name: 'Qualité des lieux' }).click();
    await page.getByRole('link', { name: /^Lire la version/ }).click();
    assert.match(await page.locator('main').innerText(), /33\scritères, 100 points/);
    assert.match(await page.locator('.worked').innerText(), /70 sur 100/);
    assert.equal(await page.locator('.criterion').count(), 33);
    await page.emulateMedia({ media: 'print' });
    for (const hidden of ['.links', '.act', '.top nav', '.foot']) assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
    const pdf = await page.pdf({ format: 'A4' });
    assert.ok(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length <= 8);
  });

  keyed('is forked and edited without script', async (page) => {
    await signIn(page, 'editor');
    await page.fill('#f-version', '2.0.0');
    await send(page, 'Créer le brouillon');
    await open(page, `${draft}/edition`);
    await page.fill('[name="TAR-01.poids"]', '6');
    await page.getByRole('button', { name: 'Enregistrer les poids' }).click();
    await page.waitForURL(/\/edition\?fait=/);
    assert.match(await page.locator('#somme').innerText(), /102 sur 100.*2\spoints de trop/);
    assert.match(await page.locator('aside').innerText(), /À corriger/);
    await page.check('[name=garder][value="TAR-01"]');
    await send(page, 'Ajuster les autres poids');
    assert.match(await page.locator('#somme').innerText(), /100 sur 100\. Le compte est bon/);
    assert.equal(await page.inputValue('[name="TAR-01.poids"]'), '6');
    // A wrong weight is told, beside the field, with what was typed.
    await page.fill('[name="TAR-01.poids"]', 'beaucoup');
    await page.getByRole('button', { name: 'Enregistrer les poids' }).click();
    assert.equal(await page.inputValue('[name="TAR-01.poids"]'), 'beaucoup');
    assert.match(await page.locator('[role=alert]').innerText(), /pas un nombre/);
  }, { ...plain, allow: /status of 4\d\d/ });

  keyed('takes one more criterion, from a form', async (page) => {
    await signIn(page, 'editor', `${draft}/edition`);
    await page.getByText('Une question posée au lieu.').click();
    await page.selectOption('#f-dimension', 'PUB');
    await page.fill('#f-libelle', 'Accueil des enfants');
    await page.fill('#f-question', 'Puis-je venir avec mes enfants ?');
    await page.fill('#f-poids', '2');
    await page.fill('#f-demande', 'Accueillez-vous les enfants ?');
    await send(page, 'Ajouter le critère');
    assert.match(await page.locator('.weights').innerText(), /Accueil des enfants PUB-05/);
    await open(page, `${draft}/differences?avec=1.0.0`);
    assert.match(await page.locator('main').innerText(), /Le critère « Accueil des enfants » est ajouté/);
    await open(page, `${draft}/edition`);
    await page.check('[name=garder][value="PUB-05"]');
    await send(page, 'Ajuster les autres poids');
  }, plain);

  keyed('keeps the running sum as one types', async (page) => {
    await signIn(page, 'editor', `${draft}/edition`);
    const field = page.locator('[name="PUB-05.poids"]');
    await field.fill('3,5');
    assert.match(await page.locator('#somme').innerText(), /Il y a 1,5\spoint de trop/);
    await field.fill('deux');
    assert.doesNotMatch(await page.locator('#somme').innerText(), /NaN/);
  });

  keyed('is simulated on the whole census', async (page) => {
    await signIn(page, 'editor', `${draft}/simulation`);
    await send(page, 'Lancer la simulation');
    const text = await page.locator('main').innerText();
    assert.match(text, /60 lieux du recensement/);
    // The matrix counts every place once.
    const rows = await page.locator('.heat').first().locator('tbody tr').evaluateAll((all) => all.map((r) => [...r.querySelectorAll('td')].map((c) => parseInt(c.textContent.replace(/\D/g, ''), 10))));
    for (const row of rows) assert.equal(row.slice(0, -1).reduce((a, b) => a + b, 0), row.at(-1));
    assert.equal(rows.reduce((sum, row) => sum + row.at(-1), 0), 60);
    assert.ok(await page.locator('.plot').count() > 0);
  }, plain);

  keyed('is discussed, and every voice is answered in public', async (page, context) => {
    await signIn(page, 'editor', draft);
    await page.locator('summary', { hasText: 'Ouvrir la consultation' }).click();
    await send(page, 'Ouvrir la consultation');
    assert.match(await page.locator('.verdict').first().innerText(), /En consultation/);
    await context.clearCookies();
    await signIn(page, 'marne', `${draft}/remontees`);
    await page.getByText('Un autre poids, un autre seuil.').click();
    await page.selectOption('#f-critere', 'ACC-02');
    await page.fill('#f-texte', 'Nos petites communes ouvrent trois heures par semaine.');
    await page.fill('#f-poids', '2,5');
    await send(page, 'Envoyer la remontée');
    assert.match(await page.locator('.message-good').innerText(), /enregistrée/);
    assert.match(await page.locator('.remontee').first().innerText(), /Poids proposé : 2,5\spoints/);
    await context.clearCookies();
    await signIn(page, 'hub', `${draft}/remontees`);
    await page.getByRole('button', { name: /^Soutenir/ }).first().click();
    await page.waitForLoadState();
    assert.match(await page.locator('.voices').first().innerText(), /1\sorganisation la soutient/);
    await accessible(page, 'remontées');
    await context.clearCookies();
    await page.locator('.remontee-head a').first().click();
    const path = new URL(page.url()).pathname;
    await signIn(page, 'editor', path);
    await page.getByText('Retenue en partie').click();
    await page.fill('#f-motif', 'Le seuil rural baisse, le poids reste.');
    await send(page, 'Publier la réponse');
    assert.match(await page.locator('.answer').innerText(), /Retenue en partie.*Le seuil rural baisse/s);
    await open(page, `${draft}/journal`);
    assert.match(await page.locator('main').innerText(), /La chaîne est intacte.*Réponse à une remontée/s);
  }, { allow: /status of 4\d\d/ });

  keyed('is all done by the keyboard', async (page) => {
    await open(page, '/connexion?retour=%2Freferentiels');
    for (let i = 0; i < 12 && (await page.evaluate(() => document.activeElement?.id)) !== 'f-cle'; i++) await page.keyboard.press('Tab');
    await page.keyboard.type(keys.hub);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/referentiels');
    await open(page, `${draft}/remontees`);
    // Every control is reached, in the order of the page, and shows that it is.
    const reached = [];
    for (let i = 0; i < 120; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        const seen = e.matches('input[type=radio]') ? e.nextElementSibling : e;
        const style = getComputedStyle(seen);
        return e === document.body ? null : { name: e.name || e.textContent.trim().slice(0, 30), outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
      });
      if (!at) break;
      assert.ok(at.outline, `${at.name} shows no focus`);
      reached.push(at.name);
    }
    for (const name of ['nature', 'critere', 'texte', 'poids', 'piece']) assert.ok(reached.includes(name), `${name} in ${reached}`);
  });
});

describe('every page of the référentiel', () => {
  const states = () => [place, `${place}/score`, `${place}/declarations`, `${place}/contestations`, '/referentiels', '/referentiels/1.0.0', '/referentiels/1.0.0/remontees', '/referentiels/1.0.0/simulation', '/referentiels/1.0.0/journal', '/journal', '/connexion', '/aide',
    ...(keys ? ['/referentiels/2.0.0', '/referentiels/2.0.0/remontees', '/referentiels/2.0.0/simulation', '/referentiels/2.0.0/differences?avec=1.0.0', '/remontees/1'] : [])];
  const unfold = (page) => page.evaluate(() => document.querySelectorAll('main details').forEach((d) => { d.open = true; }));

  for (const colorScheme of ['light', 'dark']) {
    scene(`axe finds nothing (${colorScheme})`, async (page) => {
      for (const state of states()) {
        await open(page, state);
        await unfold(page);
        await accessible(page, state);
      }
    }, { colorScheme });
  }
  for (const width of [320, 390, 768, 1280]) {
    scene(`nothing overflows at ${width} px, nor with the text twice as large`, async (page) => {
      for (const state of states()) {
        await open(page, state);
        await unfold(page);
        await fits(page, `${state} at ${width}`);
        await page.evaluate(() => (document.documentElement.style.fontSize = '225%'));
        await fits(page, `${state} at ${width}, large text`);
      }
    }, { viewport: { width, height: 800 }, tiles: false });
  }
  keyed('the draft’s form fits and is accessible', async (page) => {
    await signIn(page, 'editor', '/referentiels');
    await open(page, '/referentiels/2.0.0/edition');
    await unfold(page);
    await accessible(page, 'edition');
    await fits(page, 'edition');
    await page.evaluate(() => (document.documentElement.style.fontSize = '225%'));
    await fits(page, 'edition, large text');
  }, { viewport: { width: 320, height: 800 } });
  scene('forced colours keep words and shapes', async (page) => {
    for (const state of [place, `${place}/score`]) {
      await open(page, state);
      assert.ok(await page.locator('.mark .icon').first().isVisible());
      assert.match(await page.locator('.mark').first().innerText(), /^(Oui|Non|À confirmer)/);
    }
    // Of the sheet's main button axe reads the colour that is no longer used.
    await accessible(page, 'score');
  }, { forcedColors: 'active' });
  test('no page sets a cookie on who only reads', async (t) => {
    if (!server) return t.skip('DATABASE_URL and bin/mednum are needed: run make test');
    for (const state of states()) {
      const answer = await fetch(server.url + state, { headers: { Accept: 'text/html' } });
      assert.equal(answer.headers.get('set-cookie'), null, state);
      await answer.text();
    }
    const context = await browser.newContext();
    const page = await context.newPage();
    await open(page, `${place}/score`);
    assert.deepEqual(await context.cookies(), []);
    await context.close();
  });
});
