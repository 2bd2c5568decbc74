// What changed in the census, and the census as it was: without script, with the
// keyboard, on a narrow phone.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { accessible, fits, open, scene } from './scene.mjs';

const narrow = { viewport: { width: 320, height: 800 }, javaScriptEnabled: false };

describe('what changed', () => {
  scene('is told from the last change to a place of the past, without script at 320 px', async (page) => {
    await open(page, '/revisions');
    assert.match(await page.locator('h1').innerText(), /Ce qui a changé/);
    await fits(page, page.url());
    assert.ok((await page.locator('.story-step').count()) > 0);
    await page.locator('.story-step a', { hasText: 'Voir ce qui a changé' }).first().focus();
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    assert.match(await page.locator('main').innerText(), /Révision \d+/);
    await fits(page, page.url());
    await page.goBack();
    await page.locator('.story-step a', { hasText: 'Les lieux à cette date' }).first().focus();
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    const told = page.locator('.past-line');
    assert.match(await told.innerText(), /Page du passé/);
    await fits(page, page.url());
    await told.locator('a').focus();
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    assert.equal(await page.locator('.past-line').count(), 0);
    assert.doesNotMatch(page.url(), /as_of/);
  }, narrow);

  scene('has nothing that axe finds', async (page) => {
    for (const path of ['/revisions', '/revisions/1', '/revisions/2']) {
      await open(page, path);
      await accessible(page, path);
    }
  });
});
