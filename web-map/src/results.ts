import { combobox } from './combobox';
import { locate } from './locate';
import { address } from './words';

const skeletonAfter = 180; // ms: sooner, it would only flicker
const giveUpAfter = 15_000; // ms

let running: AbortController | undefined;

interface How {
  push?: boolean; // a new entry of the history
  form?: boolean; // take the server's form too: the address did not come from it
  focus?: boolean; // go to the heading: what had the focus is gone, or the search is new
}

/** Told after each change of the list; the map listens. */
export const changed = new EventTarget();

/** Shows a search: in place where there is a list, else by opening the page. */
export function go(href: string): void {
  if (document.querySelector('#resultats')) void show(href, { push: true, form: true, focus: true });
  else location.assign(href);
}

/** Live updates of the list: the server's page is asked for and its list taken. */
export function results(): void {
  if (!document.querySelector('#resultats')) return;
  history.replaceState({ mednum: true }, '');
  wire();
  addEventListener('popstate', () => void show(location.pathname + location.search, { form: true }));
  document.querySelector('#contenu')!.addEventListener('click', (event) => {
    const link = (event.target as HTMLElement).closest<HTMLAnchorElement>('a[href^="/?"]');
    const pointer = event as MouseEvent;
    if (!link || pointer.button || pointer.metaKey || pointer.ctrlKey || pointer.shiftKey || pointer.altKey) return;
    if (!link.closest('#resultats') || link.hasAttribute('data-plain')) return;
    event.preventDefault();
    const more = link.closest('.more');
    void show(link.getAttribute('href')!, { push: true, form: true, focus: !more }).then(() => {
      if (!more) return;
      // "Voir plus": on to the first of the new ones, which the list now goes on with.
      const last = new URL(link.href).hash.slice(1);
      document.getElementById(last)?.nextElementSibling?.querySelector<HTMLElement>('h3 a')?.focus();
    });
  });
}

function wire(): void {
  const form = document.querySelector<HTMLFormElement>('#recherche')!;
  const entries = () => [...new FormData(form)].filter((e): e is [string, string] => typeof e[1] === 'string');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    form.querySelector<HTMLDetailsElement>('details.choose')?.removeAttribute('open');
    void show(address(entries()), { push: true, focus: true });
  });
  form.addEventListener('change', (event) => {
    if ((event.target as HTMLElement).id === 'ou') return; // Enter or the button searches
    void show(address(entries()), { push: true });
  });
}

async function show(href: string, how: How): Promise<void> {
  running?.abort();
  const control = (running = new AbortController());
  const section = document.querySelector<HTMLElement>('#resultats')!;
  section.setAttribute('aria-busy', 'true');
  announce('Nous cherchons…');
  const waiting = setTimeout(() => section.replaceChildren(skeleton()), skeletonAfter);
  const tooLong = setTimeout(() => control.abort('too long'), giveUpAfter);
  try {
    const answer = await fetch(href, { signal: control.signal, headers: { Accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (control !== running) return;
    const next = page.querySelector('#resultats');
    if (!next) {
      // The first page, or an error's: it is a page of its own.
      if (answer.ok) return location.assign(href);
      throw new Error(`status ${answer.status}`);
    }
    clearTimeout(waiting);
    if (how.push) history.pushState({ mednum: true }, '', href.replace(/#.*/, ''));
    document.title = page.title;
    section.replaceWith(next);
    if (how.form) takeForm(page);
    const heading = next.querySelector<HTMLElement>('#titre');
    announce([heading, ...next.querySelectorAll('.summary-line, .empty-text')].map((e) => e?.textContent?.replace(/\s+/g, ' ').trim()).join('. '));
    changed.dispatchEvent(new Event('results'));
    if (how.focus && heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      if (heading.getBoundingClientRect().top < 0) heading.scrollIntoView({ block: 'start' });
    }
  } catch (error) {
    if (control !== running) return; // another search took over
    clearTimeout(waiting);
    console.warn(error);
    failed(href, how);
  } finally {
    clearTimeout(tooLong);
    clearTimeout(waiting);
    if (control === running) document.querySelector('#resultats')?.removeAttribute('aria-busy');
  }
}

/** The server's form, so that boxes say what the address says. */
function takeForm(page: Document): void {
  const next = page.querySelector<HTMLFormElement>('#recherche');
  const old = document.querySelector<HTMLFormElement>('#recherche');
  if (!next || !old) return;
  const folded = next.querySelector<HTMLDetailsElement>('details.choose');
  if (folded) folded.open = old.querySelector<HTMLDetailsElement>('details.choose')?.open ?? false;
  const focused = old.contains(document.activeElement) ? (document.activeElement as HTMLInputElement) : null;
  old.replaceWith(next);
  wire();
  combobox();
  locate();
  if (focused) {
    const same = [...next.querySelectorAll<HTMLInputElement>('input, select, button')].find((e) => e.name === focused.name && e.value === focused.value);
    (same ?? next.querySelector<HTMLInputElement>('#ou'))?.focus();
  }
}

function skeleton(): HTMLElement {
  const box = document.createElement('div');
  box.className = 'skeleton';
  box.setAttribute('aria-hidden', 'true');
  for (let i = 0; i < 4; i++) box.append(document.createElement('div'));
  return box;
}

function failed(href: string, how: How): void {
  const section = document.querySelector<HTMLElement>('#resultats')!;
  const box = document.createElement('div');
  box.className = 'message message-bad';
  const heading = document.createElement('h1');
  heading.id = 'titre';
  heading.textContent = 'La liste n’est pas arrivée';
  const text = document.createElement('p');
  text.textContent = 'Vérifiez votre connexion, puis essayez de nouveau.';
  const line = document.createElement('p');
  line.className = 'actions';
  const again = document.createElement('button');
  again.type = 'button';
  again.className = 'go';
  again.textContent = 'Essayer de nouveau';
  again.addEventListener('click', () => void show(href, { ...how, focus: true }));
  const plain = document.createElement('a');
  plain.className = 'button';
  plain.href = href;
  plain.setAttribute('data-plain', '');
  plain.textContent = 'Ouvrir la page';
  line.append(again, plain);
  box.append(heading, text, line);
  section.replaceChildren(box);
  announce(`${heading.textContent}. ${text.textContent}`);
  changed.dispatchEvent(new Event('results'));
}

/** Says it to those who do not see the list change. */
export function announce(text: string): void {
  const status = document.querySelector('#annonce');
  if (status) status.textContent = text;
}
