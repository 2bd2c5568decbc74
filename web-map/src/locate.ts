import { go } from './results';
import { around, refusal } from './words';

/** "Me localiser": asks the browser, once, and searches around. */
export function locate(): void {
  const button = document.querySelector<HTMLButtonElement>('[data-locate]');
  const trouble = document.querySelector<HTMLElement>('[data-trouble]');
  if (!button || !trouble || !('geolocation' in navigator)) return;
  const label = button.querySelector('span')!;
  const said = label.textContent;
  button.hidden = false;

  const done = () => {
    button.removeAttribute('aria-disabled');
    label.textContent = said;
  };
  button.addEventListener('click', () => {
    if (button.hasAttribute('aria-disabled')) return;
    button.setAttribute('aria-disabled', 'true');
    label.textContent = 'Nous cherchons où vous êtes…';
    trouble.hidden = true;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        done();
        go(around(choices(), coords.longitude, coords.latitude, false));
      },
      (error) => {
        done();
        trouble.textContent = refusal(error.code);
        trouble.hidden = false;
        document.querySelector<HTMLInputElement>('#ou')?.focus();
      },
      { enableHighAccuracy: false, timeout: 10_000, maximumAge: 60_000 },
    );
  });
}

/** What is ticked now, whether or not it was searched already. */
function choices(): string {
  const form = document.querySelector<HTMLFormElement>('#recherche');
  if (!form) return '';
  const query = new URLSearchParams();
  for (const [key, value] of new FormData(form)) if (typeof value === 'string' && value) query.append(key, value);
  return query.toString();
}
