// People in a real browser: they sign in as an invented person, take a role, ask
// for one, are given it, and leave. With the keyboard only, and without script.
process.env.MEDNUM_DEMO_LOGIN ||= 'localhost:0';
process.env.MEDNUM_SMTP_URL ||= 'terminal';
const assert = (await import('node:assert/strict')).default;
const { test } = await import('node:test');
const { accessible, browser, fits, server } = await import('./scene.mjs');

/** A page of one's own. The provider of the demonstration is another site. */
function people(name, run, options = {}) {
  test(name, { timeout: 90_000 }, async (t) => {
    if (!server?.key) return t.skip('a server of our own is needed');
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'fr-FR', ...options });
    const page = await context.newPage();
    const wrong = [];
    page.on('pageerror', (error) => wrong.push(String(error)));
    page.on('console', (m) => m.type() === 'error' && !/status of (4|5)\d\d/.test(m.text()) && wrong.push(m.text()));
    try {
      await run(page, context);
      assert.deepEqual(wrong, []);
    } finally {
      await context.close();
    }
  });
}

const go = (page, path) => page.goto(server.url.replace('127.0.0.1', 'localhost') + path, { waitUntil: 'load' });
const path = (page) => new URL(page.url()).pathname;

/** Signs in as an invented person, as people do. */
async function signIn(page, name) {
  await go(page, '/connexion');
  await page.getByRole('link', { name: /^S’identifier/ }).click();
  await page.getByRole('button', { name }).click();
  await page.waitForLoadState('load');
}

const plain = { javaScriptEnabled: false };

people('an agent signs in, is named in the header, and leaves', async (page) => {
  await signIn(page, /Agente de la ville/);
  assert.equal(path(page), '/territoire');
  assert.match(await page.locator('.who').innerText(), /Ville de démonstration \(.+\)\s*·?\s*Contributeur d’une collectivité/);
  await page.getByRole('link', { name: 'Mon compte' }).click();
  assert.match(await page.locator('main').innerText(), /En ce moment/);
  await accessible(page, 'the account');
  await page.getByRole('button', { name: 'Se déconnecter' }).click();
  await page.waitForURL('**/connexion*');
  await go(page, '/compte');
  assert.equal(path(page), '/connexion');
}, {});

people('a person of two roles takes one, without script', async (page) => {
  await signIn(page, /Modérateur, et agent/);
  assert.equal(path(page), '/compte');
  assert.match(await page.locator('main').innerText(), /Vous avez plusieurs rôles/);
  await page.getByRole('button', { name: /^Prendre ce rôle : modérateur/ }).click();
  assert.match(await page.locator('.who').innerText(), /Modérateur/);
}, plain);

people('a newcomer asks for a role and an administrator gives it', async (page, context) => {
  await signIn(page, /Nouvelle venue/);
  assert.equal(path(page), '/compte');
  await page.getByLabel('Le rôle').selectOption('contributeur-collectivite');
  await page.getByLabel('L’organisation').fill('Ville de Reims');
  await page.getByLabel('Son numéro SIREN ou SIRET').fill('12');
  await page.getByLabel('Le territoire', { exact: true }).selectOption('commune');
  await page.getByLabel('Le code du territoire').fill('51454');
  await page.getByLabel('Pourquoi').fill('Je suis les lieux de la ville.');
  await page.getByRole('button', { name: 'Envoyer la demande' }).click();
  assert.match(await page.locator('[role=alert]').innerText(), /SIREN/);
  assert.equal(await page.getByLabel('Pourquoi').inputValue(), 'Je suis les lieux de la ville.');
  await accessible(page, 'a refused request');
  await page.getByLabel('Son numéro SIREN ou SIRET').fill('000000018');
  await page.getByRole('button', { name: 'Envoyer la demande' }).click();
  assert.match(await page.locator('main').innerText(), /En attente/);

  const admin = await context.browser().newContext({ locale: 'fr-FR' });
  const desk = await admin.newPage();
  await signIn(desk, /Administrateur technique/);
  assert.equal(path(desk), '/comptes');
  await accessible(desk, 'the accounts');
  await desk.getByRole('link', { name: /Chloé/ }).first().click();
  await desk.waitForLoadState('load');
  await accessible(desk, 'an account');
  await desk.getByRole('button', { name: 'Accepter pour un an' }).click();
  assert.match(await desk.locator('main').innerText(), /La demande est acceptée/);
  await admin.close();

  await go(page, '/compte');
  await page.getByRole('button', { name: /^Prendre ce rôle/ }).click();
  assert.match(await page.locator('.who').innerText(), /Ville de Reims/);
});

people('with the keyboard only', async (page) => {
  await go(page, '/connexion');
  const focused = () => page.evaluate(() => (document.activeElement === document.body ? '' : document.activeElement?.textContent?.trim()));
  for (let i = 0; i < 30 && !/^S’identifier/.test(await focused()); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/authorize/);
  for (let i = 0; i < 30 && !/Auditrice/.test(await focused()); i++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/referentiels');
  for (let i = 0; i < 40 && (await focused()) !== 'Se déconnecter'; i++) await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Se déconnecter');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/connexion*');
});

people('asks for a link, without script', async (page) => {
  await go(page, '/connexion?retour=/compte');
  await page.getByLabel('Votre adresse professionnelle').fill('quelquun@exemple.example');
  await page.getByRole('button', { name: 'Recevoir un lien' }).click();
  assert.match(await page.locator('[role=status]').innerText(), /un lien vient d’y partir/);
}, plain);

people('renounces, and is told how to enter otherwise', async (page) => {
  await go(page, '/connexion');
  await page.getByRole('link', { name: /^S’identifier/ }).click();
  await accessible(page, 'the persons to choose from');
  await page.getByRole('button', { name: 'Renoncer' }).click();
  await page.waitForURL('**/connexion/retour*');
  assert.match(await page.locator('[role=alert]').innerText(), /Vous avez renoncé/);
  await accessible(page, 'a refused identification');
  await go(page, '/connexion/lien/' + 'A'.repeat(43));
  assert.match(await page.locator('h1').innerText(), /Ce lien n’ouvre plus rien/);
  await accessible(page, 'a dead link');
});

for (const width of [320, 390]) {
  people(`on a phone of ${width}`, async (page) => {
    await go(page, '/connexion');
    await accessible(page, 'the sign-in page');
    await fits(page, 'the sign-in page');
    await signIn(page, /Administrateur technique/);
    for (const at of ['/comptes', '/compte', '/comptes/1']) {
      await go(page, at);
      for (const fold of await page.locator('main details').all()) await fold.evaluate((d) => (d.open = true));
      await fits(page, at);
      await accessible(page, at);
    }
  }, { viewport: { width, height: 800 } });
}
