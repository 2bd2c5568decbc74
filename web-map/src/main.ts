import './tokens.css';
import './font.css';
import './style.css';
import './quality.css';
import './intake.css';
import './territory.css';
import './accounts.css';
import './edit.css';
import './tickets.css';
import './icon.svg';
import { combobox } from './combobox';
import { edition } from './edition';
import { intake } from './intake';
import { locate } from './locate';
import { results } from './results';
import { maps } from './maps';

// Everything below adds to pages that already work: no order is needed between
// the parts, and one that fails leaves the others.
for (const part of [combobox, locate, results, maps, sheet, edition, intake, edit]) {
  try {
    part();
  } catch (error) {
    console.error(error);
  }
}

/** The form of a place, whose script nobody else needs. */
function edit(): void {
  if (document.querySelector('[data-edit]')) void import('./edit').then((form) => form.edit());
}

/** The page of a place: printing, and the way back to the list one came from. */
function sheet(): void {
  const print = document.querySelector<HTMLButtonElement>('[data-print]');
  if (print) {
    print.hidden = false;
    print.addEventListener('click', () => window.print());
  }
  const back = document.querySelector<HTMLAnchorElement>('[data-back]');
  if (back && document.referrer) {
    const from = new URL(document.referrer);
    if (from.origin === location.origin && from.pathname === '/' && from.search) {
      back.href = from.pathname + from.search;
      back.querySelector('span')!.textContent = 'Retour à la liste';
    }
  }
}
