// The pages in a real browser, on a real server and database.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { accessible, browser, fits, open, scene, server } from './scene.mjs';

const names = (page) => page.locator('#resultats > .cards > .card h3').allInnerTexts();
const settled = (page) => page.waitForFunction(() => !document.querySelector('[aria-busy]') && !document.querySelector('.skeleton'));
const path = (page) => decodeURIComponent(page.url().slice(server.url.length)).replaceAll('+', ' ');

async function metres(page) {
  const texts = await page.locator('#resultats > .cards > .card .where b').allInnerTexts();
  return texts.map((text) => {
    const [, n, unit] = /([\d,\s\u202f]+)\s*(k?m)$/.exec(text.replaceAll('\u00a0', ' '));
    return parseFloat(n.replace(/[\s\u202f]/g, '').replace(',', '.')) * (unit === 'km' ? 1000 : 1);
  });
}

describe('searching', () => {
  scene('a commune, typed', async (page) => {
    await open(page, '/');
    await page.fill('#ou', 'Reims');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?ou=Reims');
    assert.equal(await page.locator('h1').innerText(), 'Près de Reims');
    assert.equal((await names(page)).length, 20);
    const far = await metres(page);
    assert.deepEqual(far, [...far].sort((a, b) => a - b), 'nearest first');
    assert.equal((await names(page))[0], 'Médiathèque des Tilleuls');
    const card = page.locator('.card').first();
    assert.equal(await card.locator('.state').innerText(), 'Ouvert');
    assert.equal(await card.locator('.tel').getAttribute('href'), 'tel:+33326000001');
    assert.match(await card.locator('.tel').innerText(), /03\s26\s00\s00\s01/);
    assert.equal(await card.locator('.helps li').count(), 4);
    assert.match(await card.locator('.plus').innerText(), /^\+3/);
  });

  scene('a postal code', async (page) => {
    await open(page, '/?ou=51430');
    assert.match(await page.locator('h1').innerText(), /Tinqueux/);
    assert.equal((await names(page))[0], 'Relais de Tinqueux');
  });

  scene('an address, through the address search', async (page) => {
    await open(page, '/?ou=22+rue+des+Ormes+Reims');
    assert.match(await page.locator('h1').innerText(), /22 Rue des Ormes/);
    assert.match((await names(page))[0], /Ariane/);
  });

  scene('an address while the address search is silent', async (page) => {
    await open(page, '/?ou=1+rue+du+Silence+51100+Reims');
    assert.match(await page.locator('.notice').innerText(), /ne répond pas/);
    assert.equal(await page.locator('h1').innerText(), 'Près de Reims');
  });

  scene('suggestions, by the keyboard', async (page) => {
    await open(page, '/');
    const box = page.locator('#ou');
    assert.equal(await box.getAttribute('aria-expanded'), 'false');
    await box.pressSequentially('saint-den', { delay: 30 });
    await page.waitForSelector('#propositions [role=option]');
    assert.equal(await box.getAttribute('aria-expanded'), 'true');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const active = await box.getAttribute('aria-activedescendant');
    const option = page.locator(`#${active}`);
    assert.equal(await option.getAttribute('aria-selected'), 'true');
    assert.equal(await page.locator('[role=option][aria-selected=true]').count(), 1);
    await accessible(page, 'suggestions');
    const label = await option.innerText();
    await page.keyboard.press('Escape');
    assert.equal(await box.getAttribute('aria-expanded'), 'false');
    assert.equal(await box.inputValue(), 'saint-den', 'Escape leaves the text');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('#propositions [role=option]');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?ou=**');
    assert.equal(path(page), `/?ou=${label}`);
    assert.equal(await page.locator('.card').count() > 0, true);
  });

  scene('a suggestion, by the mouse, in the page of results', async (page) => {
    await open(page, '/?ou=Reims');
    await page.locator('#ou').fill('');
    await page.locator('#ou').pressSequentially('tinq', { delay: 30 });
    await page.locator('[role=option]').first().click();
    await page.waitForURL('**/?ou=Tinqueux**');
    await settled(page);
    assert.match(await page.locator('h1').innerText(), /Tinqueux/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'titre');
  });

  scene('my position, shared', async (page) => {
    await open(page, '/');
    await page.click('[data-locate]');
    await page.waitForURL('**/?pres=**');
    assert.equal(path(page), '/?pres=4.836,45.764');
    assert.match(await page.locator('h1').innerText(), /^Autour de votre position, vers Lyon/);
    assert.ok((await metres(page))[0] < 3000);
  }, { geolocation: { latitude: 45.76401, longitude: 4.83571 }, permissions: ['geolocation'] });

  scene('my position, refused', async (page) => {
    await open(page, '/');
    await page.click('[data-locate]');
    const trouble = page.locator('[data-trouble]');
    await trouble.waitFor({ state: 'visible' });
    assert.match(await trouble.innerText(), /écrivez votre commune/);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'ou');
    assert.equal(await page.locator('[data-locate]').innerText(), 'Me localiser');
    await accessible(page, 'position refused');
  }, { permissions: [] });

  scene('several communes of one name', async (page) => {
    await open(page, '/?ou=Saint-Denis&frais_a_charge=Gratuit');
    assert.equal(await page.locator('.which summary').innerText(), 'Saint-Denis : laquelle ?');
    const choices = page.locator('.which .choices a');
    assert.equal(await choices.count(), 4);
    assert.match(await choices.first().innerText(), /La Réunion/, 'the most populous first');
    assert.equal(await choices.first().getAttribute('aria-current'), 'true');
    await choices.nth(1).click();
    await page.waitForURL('**Seine-Saint-Denis**');
    await settled(page);
    assert.match(path(page), /frais_a_charge=Gratuit/, 'the choices stay');
    assert.equal((await names(page))[0], 'Plateforme de la Plaine');
  });

  scene('nothing of that name', async (page) => {
    await open(page, '/?ou=zzzqqqxx');
    assert.match(await page.locator('h1').innerText(), /Nous ne trouvons pas « zzzqqqxx »/);
    assert.equal(await page.locator('.card').count(), 0);
  });

  scene('a name with a mistake', async (page) => {
    await open(page, '/?ou=Rheims');
    assert.match(await page.locator('#resultats').innerText(), /Reims/);
  });
});

describe('choosing', () => {
  scene('the quick choices change the list in place', async (page) => {
    await open(page, '/?ou=Reims');
    await page.evaluate(() => (window.kept = true));
    await page.check('[name=ouvert]');
    await page.waitForURL('**ouvert=maintenant**');
    await settled(page);
    const states = await page.locator('#resultats > .cards > .card').evaluateAll((cards) => cards.map((c) => c.dataset.state));
    assert.ok(states.length > 3 && states.every((s) => s === 'open'), states.join());
    assert.match(await page.locator('#annonce').innerText(), /Près de Reims/);
    await page.check('[name=frais_a_charge]');
    await page.waitForURL('**frais_a_charge=Gratuit**');
    await settled(page);
    assert.equal(await page.locator('.chip').count(), 2);
    const fees = await page.locator('#resultats > .cards > .card .fee').allInnerTexts();
    assert.ok(fees.length && fees.every((f) => /^Gratuit/.test(f)), fees.join());
    await page.locator('.chip', { hasText: 'Ouvert maintenant' }).click();
    await page.waitForFunction(() => !location.search.includes('ouvert'));
    await settled(page);
    assert.equal(await page.locator('[name=ouvert]').isChecked(), false, 'the box follows the chip');
    assert.equal(await page.evaluate(() => window.kept), true, 'the page was never left');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'titre', 'focus is not lost with the chip');
  });

  scene('the other choices, in words', async (page) => {
    await open(page, '/?ou=Reims');
    await page.click('.choose > summary');
    await page.getByLabel('Éviter les arnaques, protéger mes données').check();
    await page.waitForURL('**services=**');
    await settled(page);
    assert.ok(await page.locator('.choose').evaluate((d) => d.open), 'the fold stays open');
    await page.selectOption('#rayon', '2');
    await page.waitForURL('**rayon=2**');
    await settled(page);
    assert.ok((await metres(page)).every((m) => m <= 2000));
    await accessible(page, 'choices open');
  });

  scene('back, forward and a shared link', async (page, context) => {
    await open(page, '/?ou=Reims');
    const before = await names(page);
    await page.check('[name=frais_a_charge]');
    await page.waitForURL('**Gratuit**');
    await settled(page);
    const free = await names(page);
    assert.notDeepEqual(free, before);
    await page.goBack();
    await page.waitForFunction(() => !location.search.includes('Gratuit'));
    await settled(page);
    await page.waitForFunction((n) => document.querySelector('.card:nth-child(20) h3')?.innerText === n, before[19]);
    assert.deepEqual(await names(page), before);
    assert.equal(await page.locator('[name=frais_a_charge]').isChecked(), false);
    await page.goForward();
    await page.waitForFunction(() => document.querySelector('[name=frais_a_charge]').checked);
    await settled(page);
    assert.deepEqual(await names(page), free);
    const other = await context.newPage();
    await other.goto(page.url());
    assert.deepEqual(await names(other), free);
  });

  scene('more places', async (page) => {
    await open(page, '/?ou=Reims');
    await page.click('.more a');
    await page.waitForURL('**nombre=40**');
    await page.waitForFunction(() => document.querySelectorAll('#resultats > .cards > .card').length > 20);
    const focused = await page.evaluate(() => [...document.querySelectorAll('.card h3 a')].indexOf(document.activeElement));
    assert.equal(focused, 20, 'on to the first of the new ones');
  });

  scene('an empty list says where the nearest is and what to let go of', async (page) => {
    await open(page, '/?ou=Jonchery-sur-Vesle&rayon=2&frais_a_charge=Payant');
    assert.match(await page.locator('.empty-text').innerText(), /^Aucun lieu à moins de 2\s?km\. Le plus proche est à \d+\s?km, à Reims\.$/);
    const relax = page.locator('.choices a').first();
    assert.match(await relax.innerText(), /Sans « Payant »\s+1\slieu/);
    await accessible(page, 'empty');
    await relax.click();
    await settled(page);
    assert.equal((await names(page))[0], 'Bibliothèque de la Vesle');
  });

  scene('places of the commune whose position is unknown stand apart', async (page) => {
    await open(page, '/?ou=Reims');
    const apart = await page.locator('.apart .card h3').allInnerTexts();
    assert.deepEqual(apart.sort(), ['Le bus du clic', 'Permanence sans adresse précise']);
    for (const card of await page.locator('.apart .card[data-lon]').all()) assert.match(await card.innerText(), /Position approximative : centre de la commune/);
  });

  scene('a wrong value is told, and nothing is listed', async (page) => {
    const answer = await open(page, '/?ou=Reims&services=Cuisine&rayon=loin&inconnu=1');
    assert.equal(answer.status(), 400);
    const text = await page.locator('main').innerText();
    for (const word of ['Cuisine', 'rayon', 'inconnu']) assert.ok(text.includes(word), `${word} in ${text}`);
    assert.equal(await page.locator('.card').count(), 0);
    await accessible(page, 'wrong value');
  }, { allow: /status of 400/ });
});

describe('without the script', () => {
  const bare = { javaScriptEnabled: false };
  scene('search, choose, remove, more, place', async (page) => {
    await open(page, '/');
    assert.equal(await page.locator('[data-locate]').isVisible(), false, 'nothing that would do nothing');
    await page.fill('#ou', 'Reims');
    await page.click('button[type=submit]');
    assert.equal((await names(page)).length, 20);
    assert.equal(await page.locator('#carte').isVisible(), false);
    await page.locator('[name=frais_a_charge]').check({ force: true });
    await page.click('.combo button[type=submit]');
    assert.match(path(page), /frais_a_charge=Gratuit/);
    assert.ok((await page.locator('#resultats > .cards > .card .fee').allInnerTexts()).every((f) => /^Gratuit/.test(f)));
    await page.click('.choose > summary');
    await page.locator('[value="Utilisation sécurisée du numérique"]').check({ force: true });
    await page.click('.apply');
    assert.equal(await page.locator('.chip').count(), 2);
    await page.locator('.chip', { hasText: 'Gratuit' }).click();
    assert.equal(await page.locator('.chip').count(), 1);
    await page.click('.card h3 a');
    assert.ok(await page.locator('h1').innerText());
  }, bare);
  scene('everything can be read at 320 px', async (page) => {
    for (const p of ['/', '/?ou=Reims', '/aide']) {
      await open(page, p);
      await fits(page, p);
    }
  }, { ...bare, viewport: { width: 320, height: 640 } });
});

describe('the keyboard alone', () => {
  scene('from the first page to a place and back', async (page) => {
    await open(page, '/');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    const focus = async (selector, most) => {
      for (let i = 0; i < most; i++) {
        if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return;
        await page.keyboard.press('Tab');
        const ring = await page.evaluate(() => {
          const e = document.activeElement;
          const shown = e.matches('.box input') ? e.nextElementSibling : e;
          return e === document.body || getComputedStyle(shown).outlineStyle !== 'none';
        });
        assert.ok(ring, 'the focus is always seen');
      }
      assert.fail(`${selector} was not reached`);
    };
    await focus('#ou', 6);
    await page.keyboard.type('Reims');
    await page.keyboard.press('Enter');
    await page.waitForURL('**ou=Reims');
    await focus('[name=frais_a_charge]', 12);
    await page.keyboard.press('Space');
    await page.waitForURL('**Gratuit**');
    await settled(page);
    assert.equal(await page.evaluate(() => document.activeElement.name), 'frais_a_charge', 'focus stays on the box');
    await focus('.card h3 a', 12);
    const name = await page.evaluate(() => document.activeElement.innerText);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/collections/lieux/items/**');
    assert.equal(await page.locator('h1').innerText(), name);
    await focus('[data-back]', 6);
    assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Retour à la liste');
    await page.keyboard.press('Enter');
    await page.waitForURL('**Gratuit**');
  });

  scene('a marker leads to its card, the map lets go', async (page) => {
    await open(page, '/?ou=Tinqueux&rayon=2');
    const marker = page.locator('button.marker:not(.cluster)').first();
    await marker.waitFor();
    await marker.focus();
    assert.match(await marker.getAttribute('aria-label'), /Relais de Tinqueux, ouvert, à/);
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.innerText), 'Relais de Tinqueux');
    assert.ok(await page.locator('.card.selected h3', { hasText: 'Relais de Tinqueux' }).count());
    await marker.focus();
    for (let i = 0; i < 12; i++) await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => Boolean(document.activeElement.closest('#carte'))), false, 'the map does not trap');
  });
});

describe('the map', () => {
  scene('shows the cards, each by shape and by name', async (page) => {
    await open(page, '/?ou=Reims');
    await page.waitForSelector('.marker');
    assert.ok(await page.locator('.leaflet-tile-loaded').count());
    assert.match(await page.locator('.leaflet-control-attribution').innerText(), /© Essai & Cie/);
    const shown = await page.locator('.marker').evaluateAll((all) => all.flatMap((e) => e.dataset.ids.split(' ')).sort());
    const listed = await page.locator('#resultats .card[data-lon]').evaluateAll((all) => all.map((e) => e.dataset.id).sort());
    assert.deepEqual(shown, listed, 'the same places');
    for (const label of await page.locator('.cluster').evaluateAll((all) => all.map((e) => [e.textContent, e.getAttribute('aria-label')]))) assert.ok(label[1].startsWith(`${label[0]} lieux`));
    await accessible(page, 'map');
  });

  scene('a card and its marker are one', async (page) => {
    await open(page, '/?ou=Tinqueux&rayon=5');
    await page.waitForSelector('.marker');
    const id = await page.locator('.card[data-lon]').first().getAttribute('data-id');
    await page.locator('.card').first().locator('.where').click();
    await page.waitForSelector(`.marker.selected[data-ids~="${id}"]`);
    const other = page.locator('button.marker:not(.cluster):not(.selected)').first();
    const ids = await other.getAttribute('data-ids');
    await other.click();
    assert.equal(await page.locator('.card.selected').getAttribute('data-id'), ids);
    assert.equal(await page.locator('.card.selected').count(), 1);
  });

  scene('a cluster opens', async (page) => {
    await open(page, '/?ou=Reims&nombre=40');
    await page.waitForSelector('.marker');
    for (let i = 0; i < 2; i++) {
      await page.click('.leaflet-control-zoom-out');
      await page.waitForTimeout(500);
    }
    await page.waitForSelector('.cluster');
    const before = await page.locator('.marker').count();
    // One of those in view: others stand outside the map.
    const seen = await page.locator('.cluster').evaluateAll((all) => {
      const map = document.querySelector('#carte').getBoundingClientRect();
      return all.findIndex((e) => {
        const b = e.getBoundingClientRect();
        return b.left > map.left && b.right < map.right && b.top > map.top + 60 && b.bottom < Math.min(map.bottom, innerHeight) - 60;
      });
    });
    assert.notEqual(seen, -1);
    await page.locator('.cluster').nth(seen).click();
    await page.waitForFunction((n) => document.querySelectorAll('.marker').length > n, before);
  });

  scene('searches in the zone that it was moved to', async (page) => {
    await open(page, '/?ou=Reims&frais_a_charge=Gratuit');
    await page.waitForSelector('.marker');
    assert.equal(await page.locator('.map-zone').isVisible(), false);
    // By a marker: what moved the map does not choose the place under the hand.
    const box = await page.locator('button.marker:not(.cluster)').first().boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const before = await page.evaluate(() => scrollY);
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + 100, y + 60, { steps: 8 });
    // Held a moment, the map is laid down, not thrown.
    await page.waitForTimeout(250);
    await page.mouse.up();
    await page.waitForSelector('.map-zone:not([hidden])');
    assert.equal(await page.locator('.card.selected').count(), 0);
    assert.equal(await page.evaluate(() => scrollY), before);
    await page.locator('.map-zone').click();
    await page.waitForFunction(() => location.search.includes('vue=carte'), undefined, { timeout: 20_000 }).catch(async () => {
      assert.fail(`stays at ${path(page)}: ${await page.locator('h1').innerText()}, button hidden: ${await page.locator('.map-zone').isHidden()}`);
    });
    await settled(page);
    assert.match(path(page), /frais_a_charge=Gratuit.*pres=-?[\d.]+,[\d.]+/);
    assert.match(await page.locator('h1').innerText(), /ce point de la carte/);
  });

  scene('without tiles, outlines and places, and says so', async (page) => {
    await open(page, '/?ou=Reims');
    await page.waitForSelector('.map-said');
    assert.match(await page.locator('.map-said').innerText(), /plan des rues n’arrive pas/);
    await page.waitForSelector('path.land', { state: 'attached' });
    assert.ok(await page.locator('.marker').count());
    await page.waitForSelector('.commune-name', { state: 'attached' });
    await accessible(page, 'no tiles');
  }, { tiles: false });

  scene('without tiles, the outlines of the départements when they are loaded', async (page) => {
    await page.route('**/outlines.geojson', (route) => route.fulfill({ contentType: 'application/geo+json', body: JSON.stringify({ type: 'FeatureCollection', features: [{ type: 'Feature', properties: { nom: 'Marne' }, geometry: { type: 'Polygon', coordinates: [[[3.4, 48.5], [5, 48.5], [5, 49.5], [3.4, 48.5]]] } }] }) }));
    await open(page, '/?ou=Reims');
    await page.waitForSelector('path.land', { state: 'attached' });
    assert.equal(await page.locator('path.land').count(), 1);
  }, { tiles: false });

  scene('on a phone, comes when asked, and one finger scrolls the page', async (page) => {
    const asked = [];
    page.on('request', (r) => asked.push(r.url()));
    await open(page, '/?ou=Reims');
    await page.waitForLoadState('networkidle');
    assert.equal(asked.some((u) => /\/map-/.test(u)), false, 'Leaflet waits');
    await page.click('[data-show-map]');
    await page.waitForSelector('.marker');
    assert.equal(await page.locator('.leaflet-container').evaluate((e) => getComputedStyle(e).touchAction), 'pan-x pan-y');
    await accessible(page, 'map on a phone');
    await fits(page, 'map on a phone');
    await page.locator('[data-show-map]').click();
    assert.equal(await page.locator('#carte').isVisible(), false);
  }, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  scene('the wheel scrolls the page, not the map', async (page) => {
    await open(page, '/?ou=Reims');
    await page.waitForSelector('.marker');
    const scale = () => page.locator('.leaflet-control-scale-line').innerText();
    const before = await scale();
    const box = await page.locator('#carte').boundingBox();
    await page.mouse.move(box.x + 200, box.y + 300);
    await page.mouse.wheel(0, 600);
    await page.waitForFunction(() => scrollY > 100);
    assert.equal(await scale(), before);
  });
});

describe('when the server fails', () => {
  scene('down: a sentence, and a way out that works', async (page) => {
    await open(page, '/?ou=Reims');
    await page.waitForSelector('.marker');
    await page.route('**/?ou=**', (route) => route.abort());
    await page.check('[name=frais_a_charge]');
    await page.waitForSelector('text=La liste n’est pas arrivée');
    assert.match(await page.locator('#annonce').innerText(), /La liste n’est pas arrivée/);
    assert.match(await page.locator('a[data-plain]').getAttribute('href'), /frais_a_charge=Gratuit/);
    await accessible(page, 'down');
    await page.unroute('**/?ou=**');
    await page.click('text=Essayer de nouveau');
    await settled(page);
    await page.waitForSelector('.card');
    assert.match(path(page), /Gratuit/);
  }, { allow: /ERR_FAILED/ });

  scene('an error of the server is not a list', async (page) => {
    await open(page, '/?ou=Reims');
    await page.route('**/?ou=**', (route) => route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Occupé</h1>' }));
    await page.check('[name=frais_a_charge]');
    await page.waitForSelector('text=La liste n’est pas arrivée');
  }, { allow: /503/ });

  scene('slow: a skeleton, then the list; the last question wins', async (page) => {
    await open(page, '/?ou=Reims');
    await page.route('**/?ou=**', async (route) => {
      await new Promise((r) => setTimeout(r, route.request().url().includes('Gratuit') ? 1500 : 300));
      await route.continue().catch(() => {}); // given up meanwhile
    });
    await page.check('[name=frais_a_charge]');
    await page.waitForSelector('.skeleton');
    assert.equal(await page.locator('#resultats').getAttribute('aria-busy'), 'true');
    await page.uncheck('[name=frais_a_charge]');
    await page.check('[name=ouvert]');
    await settled(page);
    assert.match(path(page), /^\/\?ou=Reims&ouvert=maintenant$/);
    await page.waitForTimeout(1600);
    assert.match(path(page), /^\/\?ou=Reims&ouvert=maintenant$/);
    assert.equal(await page.locator('.skeleton').count(), 0);
  });

  scene('no suggestions: the box still searches', async (page) => {
    await page.route('**/suggestions**', (route) => route.abort());
    await open(page, '/');
    await page.locator('#ou').pressSequentially('Reims', { delay: 20 });
    await page.waitForTimeout(400);
    await page.keyboard.press('Enter');
    await page.waitForURL('**ou=Reims');
    assert.equal((await names(page)).length, 20);
  }, { allow: /ERR_FAILED/ });
});

describe('the page of a place', () => {
  const find = async (page, name) => {
    await open(page, '/?ou=Reims&nombre=100');
    await page.locator('.card h3 a', { hasText: name }).first().click();
    await page.waitForURL('**/items/**');
  };

  scene('says all that is known', async (page) => {
    await find(page, 'Médiathèque des Tilleuls');
    const text = await page.locator('main').innerText();
    for (const words of ['Ouvert', '3 place des Tilleuls', 'Premier étage', '51100 Reims', 'Gratuit', 'Vous pouvez venir sans rendez-vous', 'huit ordinateurs', 'Fiche confirmée le 12 mai 2026 par Essai', 'Conseillers numériques', 'Aujourd’hui'.toLowerCase(), 'Faire vos démarches']) assert.ok(text.includes(words), `${words} in ${text}`);
    assert.equal(await page.locator('.week tbody tr').count(), 7);
    assert.equal(await page.locator('.week [aria-current=date]').count(), 1);
    const links = await page.locator('main a').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
    for (const href of ['tel:+33326000001', 'mailto:bonjour@tilleuls.example', 'https://tilleuls.example/lieu?a=1&b=2', 'https://rdv.example/tilleuls', 'https://acceslibre.beta.gouv.fr/app/essai/']) assert.ok(links.includes(href), `${href} in ${links}`);
    assert.ok(links.some((h) => /^geo:49\.259,4\.034\?q=/.test(h)));
    const ld = JSON.parse(await page.locator('script[type="application/ld+json"]').textContent());
    assert.equal(ld.name, 'Médiathèque des Tilleuls');
    assert.equal(ld.address.postalCode, '51100');
    assert.deepEqual([ld.geo.latitude, ld.geo.longitude], [49.259, 4.034]);
    await page.waitForSelector('#carte .marker');
    await accessible(page, 'place');
  });

  scene('says the unknown as unknown', async (page) => {
    await find(page, 'Point d’accueil Clairmarais');
    const text = await page.locator('main').innerText();
    for (const words of ['Nous ne savons pas si ce lieu est gratuit. Appelez pour demander.', 'Nous ne connaissons pas les horaires.', '39 49'.replace(' ', '\u00a0')]) assert.ok(text.includes(words), `${words} in ${text}`);
  });

  scene('shows hostile text as text', async (page) => {
    page.on('dialog', () => assert.fail('a script ran'));
    await find(page, 'Ariane');
    assert.equal(await page.locator('h1').innerText(), 'L’atelier "Fil" d’Ariane & Cie');
    assert.match(await page.locator('main').innerText(), /« un lundi sur deux »|un lundi sur deux/);
    assert.match(await page.locator('main').innerText(), /plus de deux ans/);
    assert.equal(JSON.parse(await page.locator('script[type="application/ld+json"]').textContent()).name, 'L’atelier "Fil" d’Ariane & Cie');
  });

  scene('prints on one page, the address in large type', async (page) => {
    await find(page, 'Médiathèque des Tilleuls');
    await page.emulateMedia({ media: 'print' });
    const size = (selector) => page.locator(selector).evaluate((e) => parseFloat(getComputedStyle(e).fontSize));
    assert.ok((await size('address')) >= 1.4 * (await size('.facts')));
    assert.ok(await page.locator('.week').isVisible());
    for (const hidden of ['.foot', '.actions', '#carte']) assert.equal(await page.locator(hidden).isVisible(), false, hidden);
    const pdf = await page.pdf({ format: 'A4' });
    assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length, 1);
  });

  scene('the list of the nearest prints on one page, with addresses and hours', async (page) => {
    await open(page, '/?ou=Reims');
    await page.emulateMedia({ media: 'print' });
    assert.ok(await page.locator('.card').first().locator('.on-paper', { hasText: '3 place des Tilleuls' }).isVisible());
    assert.equal(await page.locator('form').isVisible(), false);
    const pdf = await page.pdf({ format: 'A4' });
    assert.equal(pdf.toString('latin1').match(/\/Type\s*\/Page\b(?!s)/g).length, 1);
  });

  scene('a place that never was', async (page) => {
    const answer = await open(page, '/collections/lieux/items/zzzzzzzz');
    assert.equal(answer.status(), 404);
    assert.match(await page.locator('h1').innerText(), /Nous ne trouvons pas cette page/);
    assert.ok(await page.locator('#ou').isVisible());
  }, { allow: /status of 404/ });
});

describe('for everybody', () => {
  const states = ['/', '/?ou=Reims', '/?ou=Saint-Denis', '/?ou=zzzqqqxx', '/?ou=Reims&rayon=1&frais_a_charge=Payant&ouvert=maintenant&services=Accès internet et matériel informatique', '/aide', '/accessibilite', '/collections/lieux/items?f=html', '/collections/communes/items?f=html', '/collections?f=html', '/conformance?f=html', '/api.html'];
  const place = async (page) => {
    await open(page, '/?ou=Reims');
    return page.locator('.card h3 a').first().getAttribute('href');
  };
  for (const colorScheme of ['light', 'dark']) {
    scene(`axe finds nothing (${colorScheme})`, async (page) => {
      for (const state of [...states, await place(page)]) {
        await open(page, state);
        await page.waitForLoadState('networkidle');
        await accessible(page, state);
      }
    }, { colorScheme });
  }
  for (const width of [320, 390, 768, 1280]) {
    scene(`nothing overflows at ${width} px, nor with the text twice as large`, async (page) => {
      for (const state of [...states, await place(page)]) {
        await open(page, state);
        // The longest day there is, whatever today is called, in a wide font.
        await page.evaluate(() => {
          document.documentElement.style.setProperty('font-family', 'monospace');
          for (const e of document.querySelectorAll('.week .today th')) e.firstChild.data = 'Mercredi ';
          for (const e of document.querySelectorAll('.week .date')) e.textContent = '30 septembre';
        });
        await fits(page, `${state} at ${width}`);
        await page.evaluate(() => (document.documentElement.style.fontSize = '225%'));
        await fits(page, `${state} at ${width}, large text`);
      }
    }, { viewport: { width, height: 800 }, tiles: false });
  }
  scene('what is touched is at least 44 px high', async (page) => {
    for (const state of ['/', '/?ou=Reims', await place(page)]) {
      await open(page, state);
      const small = await page.locator('button:visible, .box:visible, .chip:visible, summary:visible, select:visible, input[type=search]:visible, .tel:visible, .foot a:visible, .top a:visible').evaluateAll((all) => all.filter((e) => e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML.slice(0, 80)));
      assert.deepEqual(small, [], state);
    }
  }, { viewport: { width: 390, height: 844 } });
  scene('forced colours keep the states and the map readable', async (page) => {
    await open(page, '/?ou=Reims');
    await page.waitForSelector('.marker');
    await accessible(page, 'forced colours');
    assert.ok(await page.locator('.card .state .icon').first().isVisible());
  }, { forcedColors: 'active' });
  scene('nothing moves when motion is refused', async (page) => {
    await open(page, '/?ou=Reims');
    await page.route('**/?ou=**', async (route) => { await new Promise((r) => setTimeout(r, 700)); await route.continue().catch(() => {}); });
    await page.check('[name=frais_a_charge]');
    await page.waitForSelector('.skeleton');
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    await settled(page);
  }, { reducedMotion: 'reduce' });
});
