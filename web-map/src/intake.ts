import { announce } from './results';

/** What script adds to the pages of a file: its weight told before it is sent,
 *  the progress of long work, the preview as one corrects. */
export function intake(): void {
  upload();
  follow();
  preview();
}

function upload(): void {
  const form = document.querySelector<HTMLFormElement>('[data-upload]');
  const input = form?.querySelector<HTMLInputElement>('input[type=file]');
  const fault = form?.querySelector<HTMLElement>('[data-upload-fault]');
  if (!form || !input || !fault) return;
  const limit = Number(form.dataset.max);
  const check = (): boolean => {
    const file = input.files?.[0];
    const heavy = file !== undefined && file.size > limit;
    fault.hidden = !heavy;
    fault.textContent = heavy ? `Ce fichier pèse ${Math.ceil(file.size / 1048576)}\u00a0Mo\u00a0: ${Math.floor(limit / 1048576)}\u00a0Mo au plus.` : '';
    return !heavy;
  };
  input.addEventListener('change', check);
  form.addEventListener('submit', (event) => {
    if (!check()) {
      event.preventDefault();
      input.focus();
      return;
    }
    const button = form.querySelector<HTMLButtonElement>('button[type=submit]');
    if (button) {
      button.setAttribute('aria-disabled', 'true');
      button.textContent = 'Envoi en cours…';
    }
  });
  // Back from the next page, the button says again what it does.
  addEventListener('pageshow', () => {
    const button = form.querySelector<HTMLButtonElement>('button[aria-disabled]');
    if (button) {
      button.removeAttribute('aria-disabled');
      button.textContent = 'Envoyer le fichier';
    }
  });
}

interface Progress {
  avancement: { fait: number; total: number };
  phrase: string;
}

/** Shows how far the work is; the page is opened anew when it is done. */
function follow(): void {
  const section = document.querySelector<HTMLElement>('[data-follow]');
  const line = section?.querySelector<HTMLElement>('[data-progress]');
  const bar = section?.querySelector<HTMLProgressElement>('progress');
  if (!section || !line || !bar) return;
  const events = new EventSource(section.dataset.follow!);
  events.addEventListener('avancement', (event) => {
    const { avancement, phrase } = JSON.parse((event as MessageEvent<string>).data) as Progress;
    line.textContent = phrase;
    if (avancement.total > 0) bar.value = (100 * Math.min(avancement.fait, avancement.total)) / avancement.total;
    else bar.removeAttribute('value');
  });
  events.addEventListener('fin', () => {
    events.close();
    location.replace(location.pathname);
  });
  addEventListener('pagehide', () => events.close());
}

const quiet = 500; // ms without a change before the preview is asked for

/** The preview of the first rows, as one corrects. */
function preview(): void {
  const form = document.querySelector<HTMLFormElement>('[data-preview]');
  if (!form) return;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | undefined;
  const show = async (focus: boolean): Promise<void> => {
    running?.abort();
    const control = (running = new AbortController());
    const old = document.querySelector<HTMLElement>('#apercu')!;
    old.setAttribute('aria-busy', 'true');
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value);
    try {
      const answer = await fetch(form.dataset.preview!, { method: 'POST', body, headers: { Accept: 'text/html' }, signal: control.signal });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const next = page.querySelector<HTMLElement>('#apercu');
      if (!next || control !== running) throw new Error(`status ${answer.status}`);
      const wrong = page.querySelector('.message-bad');
      if (wrong) next.querySelector('h2')!.after(wrong);
      old.replaceWith(next);
      announce(wrong?.textContent ?? 'Aperçu à jour.');
      if (focus) {
        next.focus({ preventScroll: true });
        next.scrollIntoView({ block: 'start' });
      }
    } catch (error) {
      if (control === running && focus) form.submit(); // the server's own page says what is wrong
      else if (control === running) console.warn(error);
    } finally {
      document.querySelector('#apercu')?.removeAttribute('aria-busy');
    }
  };
  form.addEventListener('change', (event) => {
    const field = event.target as HTMLSelectElement;
    // A column that becomes a ticked box, or changes field, has other questions:
    // the page is asked for again, and comes back to it.
    if (field.matches('select[name^="c."]') && field.value.startsWith('cases:')) {
      form.action = `${form.dataset.preview!}#${field.id}`;
      form.requestSubmit(form.querySelector<HTMLButtonElement>('[data-preview-button]'));
      return;
    }
    clearTimeout(waiting);
    waiting = setTimeout(() => void show(false), quiet);
  });
  form.addEventListener('submit', (event) => {
    const button = (event as SubmitEvent).submitter as HTMLButtonElement | null;
    if (button?.value !== 'apercu' || form.action.includes('#')) return;
    event.preventDefault();
    clearTimeout(waiting);
    void show(true);
  });
}
