import type { Pin } from './map';

const quiet = 600; // ms without a key before the server is asked

interface Tried {
  constats: { champ: string; gravite: 'blocking' | 'warning' | 'corrected'; message: string }[];
  changements: string[];
  phrase: string;
  horaires: string;
  phrases_horaires: string[];
  position: string;
  sections: Record<string, string>;
}

/** The form of a place: told at once what is wrong, hours that fill in with
 *  fewer gestures, a point that moves. The form does all of it without. */
export function edit(): void {
  const form = document.querySelector<HTMLFormElement>('[data-edit]');
  if (!form) return;
  opens();
  const ask = tries(form);
  week(form, ask);
  point(form, ask);
}

/** What the address names is open, wherever it is folded. */
function opens(): void {
  const open = () => {
    const named = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const folded = named?.closest('details');
    if (!named || !folded || folded.open) return;
    folded.open = true;
    named.scrollIntoView({ block: 'start' });
  };
  addEventListener('hashchange', open);
  open();
}

function tries(form: HTMLFormElement): () => void {
  const status = form.querySelector<HTMLElement>('[data-edit-status]')!;
  const count = form.querySelector<HTMLElement>('[data-edit-count]')!;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;
  let shown = field(form, 'h.montre').value;

  const send = async (): Promise<void> => {
    running?.abort();
    const control = (running = new AbortController());
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value);
    // The text follows the table, unless it is what one is writing.
    const text = field(form, 'h.texte');
    const follows = text.value === shown && document.activeElement !== text;
    if (follows) body.set('h.texte', field(form, 'h.montre').value);
    body.set('essai', '1');
    try {
      const answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' }, signal: control.signal });
      if (!answer.ok || control !== running) return; // the page itself will tell
      const tried = (await answer.json()) as Tried;
      show(form, tried);
      if (follows && tried.horaires !== text.value) text.value = shown = tried.horaires;
      count.textContent = tried.phrase;
      const wrong = tried.constats.filter((f) => f.gravite === 'blocking');
      const said = wrong.map((f) => f.message).join(' ');
      if (status.textContent !== said) status.textContent = said;
    } catch {
      // Nothing is lost: the button asks the same question.
    }
  };
  const later = (): void => {
    clearTimeout(waiting);
    waiting = setTimeout(() => void send(), quiet);
  };
  form.addEventListener('input', later);
  form.addEventListener('change', later);
  form.addEventListener('submit', () => {
    clearTimeout(waiting);
    running?.abort();
    // The server tells the table from the text by what it showed: a text that
    // only followed the table was not changed.
    const text = field(form, 'h.texte');
    if (text.value === shown) text.value = field(form, 'h.montre').value;
  });
  return later;
}

function show(form: HTMLFormElement, tried: Tried): void {
  for (const box of form.querySelectorAll<HTMLElement>('[data-says]')) {
    const column = box.dataset.says!;
    const found = tried.constats.filter((f) => f.champ === column || (column === 'latitude' && f.champ === 'longitude'));
    box.replaceChildren(
      ...found.map((f) => {
        const line = document.createElement('p');
        line.className = f.gravite === 'blocking' ? 'fault' : `finding finding-${f.gravite}`;
        line.textContent = f.message;
        return line;
      }),
    );
    const input = document.getElementById(`f-${column}`);
    const wrong = found.some((f) => f.gravite === 'blocking');
    if (input?.matches('input, textarea')) {
      if (wrong) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    }
    box.closest('.field, fieldset')?.classList.toggle('wrong', wrong);
  }
  for (const [section, line] of Object.entries(tried.sections)) {
    const digest = form.querySelector(`[data-digest="${section}"]`);
    if (digest) digest.textContent = line || 'À remplir';
    digest?.classList.toggle('unknown', !line);
  }
  const read = form.querySelector('[data-hours-read]');
  read?.replaceChildren(
    ...(tried.phrases_horaires.length ? tried.phrases_horaires : ['Horaires inconnus']).map((sentence) => {
      const line = document.createElement('p');
      line.textContent = `${sentence}.`;
      return line;
    }),
  );
  const where = form.querySelector('[data-point-where]');
  if (where) where.textContent = tried.position;
}

function field(form: HTMLFormElement, name: string): HTMLInputElement {
  return form.elements.namedItem(name) as HTMLInputElement;
}

function week(form: HTMLFormElement, ask: () => void): void {
  const day = (n: string) => form.querySelector<HTMLElement>(`.day[data-day="${n}"]`)!;
  const state = (of: HTMLElement) => of.querySelector('select')!;
  const slots = (of: HTMLElement) => [...of.querySelectorAll<HTMLElement>('.slot')];

  /** Gives a day one more opening to fill in. */
  const add = (of: HTMLElement): HTMLElement => {
    const all = slots(of);
    const last = all.at(-1)!;
    const next = last.cloneNode(true) as HTMLElement;
    const number = all.length;
    for (const input of next.querySelectorAll('input')) {
      input.name = input.name.replace(/^(h\.\w+\.)\d+/, `$1${number}`);
      input.id = input.id && `f-${input.name}`;
      if (input.type === 'checkbox') input.checked = false;
      else input.value = '';
      const label = input.getAttribute('aria-label') ?? '';
      input.setAttribute('aria-label', label.replace(/(, plage \d+)?, ([^,]+)$/, `, plage ${number + 1}, $2`));
    }
    last.after(next);
    return next;
  };

  form.addEventListener('input', (event) => {
    const input = event.target as HTMLElement;
    // Somebody who writes hours opens the day.
    if (input.matches('.slot input[type=time]')) {
      const of = input.closest<HTMLElement>('.day')!;
      if ((input as HTMLInputElement).value) state(of).value = 'ouvert';
    }
  });
  form.addEventListener('click', (event) => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>('[data-add-slot], [data-copy]');
    if (!button) return;
    event.preventDefault();
    if (button.dataset.addSlot) {
      const of = day(button.dataset.addSlot);
      add(of).querySelector('input')!.focus();
      if (slots(of).length >= 6) button.hidden = true;
      return;
    }
    const monday = day('0');
    for (const n of ['1', '2', '3', '4']) {
      const other = day(n);
      state(other).value = state(monday).value;
      while (slots(other).length < slots(monday).length) add(other);
      slots(other).forEach((slot, i) => {
        const from = slots(monday)[i];
        slot.querySelectorAll('input').forEach((input, k) => {
          const same = from?.querySelectorAll('input')[k];
          if (input.type === 'checkbox') input.checked = same?.checked ?? false;
          else input.value = same?.value ?? '';
        });
      });
    }
    form.querySelector('[data-edit-status]')!.textContent = 'Le lundi est copié du mardi au vendredi.';
    ask();
  });
}

function point(form: HTMLFormElement, ask: () => void): void {
  const container = form.querySelector<HTMLElement>('[data-point]');
  const section = container?.closest('details');
  if (!container || !section) return;
  const latitude = field(form, 'latitude');
  const longitude = field(form, 'longitude');
  const typed = () => {
    const [y, x] = [latitude, longitude].map((f) => Number(f.value.trim().replace(',', '.') || NaN)) as [number, number];
    return Number.isFinite(x) && Number.isFinite(y) && Math.abs(y) <= 90 && Math.abs(x) <= 180 ? { latitude: y, longitude: x } : undefined;
  };
  let pin: Pin | undefined;
  let opening = false;
  const open = async (): Promise<void> => {
    if (!section.open || opening) return pin?.resize();
    opening = true;
    container.hidden = false;
    const help = form.querySelector<HTMLElement>('[data-point-help]')!;
    help.hidden = false;
    try {
      const { place } = await import('./map');
      const was = container.dataset.lat ? { latitude: Number(container.dataset.lat), longitude: Number(container.dataset.lon) } : undefined;
      const near = container.dataset.nearLat ? { latitude: Number(container.dataset.nearLat), longitude: Number(container.dataset.nearLon) } : undefined;
      pin = place(container, { tiles: container.dataset.tiles ?? '', attribution: container.dataset.attribution ?? '' }, typed(), was, near, (at) => {
        latitude.value = at.latitude.toFixed(6);
        longitude.value = at.longitude.toFixed(6);
        ask();
      });
    } catch (error) {
      console.warn(error);
      container.hidden = help.hidden = true;
    }
  };
  for (const input of [latitude, longitude]) {
    input.addEventListener('change', () => {
      const at = typed();
      if (at) pin?.set(at);
    });
  }
  section.addEventListener('toggle', () => void open());
  void open();
}
