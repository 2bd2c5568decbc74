import { proposals } from './words';

interface Suggestion {
  label: string;
  code_postal: string | null;
}

const delay = 150; // ms between the last key and the question

/**
 * Suggestions under the search box, after the ARIA combobox pattern with a
 * list (manual selection): focus stays in the input, the arrows move the
 * active option, Enter takes it, Escape closes, then clears.
 */
export function combobox(): void {
  const input = document.querySelector<HTMLInputElement>('#ou');
  const box = input?.closest<HTMLElement>('.combo-input');
  if (!input || !box || input.hasAttribute('aria-controls')) return;

  const list = document.createElement('ul');
  list.id = 'propositions';
  list.className = 'suggestions';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Communes proposées');
  list.hidden = true;
  const status = document.createElement('p');
  status.className = 'sr';
  status.setAttribute('role', 'status');
  box.append(list, status);

  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-expanded', 'false');
  input.setAttribute('aria-controls', list.id);

  let active = -1;
  let timer = 0;
  let asked: AbortController | undefined;

  const options = () => [...list.children] as HTMLElement[];
  const expanded = () => !list.hidden;

  function close(): void {
    clearTimeout(timer);
    asked?.abort();
    list.hidden = true;
    active = -1;
    input!.setAttribute('aria-expanded', 'false');
    input!.removeAttribute('aria-activedescendant');
  }

  function activate(index: number): void {
    const all = options();
    active = all.length ? (index + all.length) % all.length : -1;
    all.forEach((option, i) => option.setAttribute('aria-selected', String(i === active)));
    const option = all[active];
    if (option) {
      input!.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    } else {
      input!.removeAttribute('aria-activedescendant');
    }
  }

  function take(option: HTMLElement): void {
    input!.value = option.dataset.label ?? '';
    close();
    input!.form?.requestSubmit();
  }

  function render(found: Suggestion[]): void {
    list.replaceChildren(
      ...found.map((suggestion, i) => {
        const option = document.createElement('li');
        option.id = `proposition-${i}`;
        option.setAttribute('role', 'option');
        option.setAttribute('aria-selected', 'false');
        option.dataset.label = suggestion.label;
        option.textContent = suggestion.label;
        return option;
      }),
    );
    active = -1;
    input!.removeAttribute('aria-activedescendant');
    list.hidden = found.length === 0;
    input!.setAttribute('aria-expanded', String(found.length > 0));
    status.textContent = proposals(found.length);
  }

  async function ask(text: string): Promise<void> {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const answer = await fetch(`/suggestions?limit=6&q=${encodeURIComponent(text)}`, { signal, headers: { Accept: 'application/json' } });
      if (!answer.ok) return close();
      const { suggestions } = (await answer.json()) as { suggestions: Suggestion[] };
      if (!signal.aborted && document.activeElement === input) render(suggestions);
    } catch {
      if (!signal.aborted) close(); // without suggestions the box still searches
    }
  }

  input.addEventListener('input', () => {
    clearTimeout(timer);
    const text = input.value.trim();
    if (text.length < 2) return close();
    timer = window.setTimeout(() => void ask(text), delay);
  });
  input.addEventListener('keydown', (event) => {
    switch (event.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        event.preventDefault();
        if (!expanded()) {
          const text = input.value.trim();
          if (text.length >= 2) void ask(text);
        } else if (event.key === 'ArrowDown') activate(active + 1);
        else activate(active < 0 ? options().length - 1 : active - 1);
        break;
      case 'Enter': {
        const option = options()[active];
        if (expanded() && option) {
          event.preventDefault();
          take(option);
        } else close();
        break;
      }
      case 'Escape':
        if (expanded()) {
          event.preventDefault();
          close();
        }
        break;
      case 'Tab':
        close();
        break;
    }
  });
  input.addEventListener('blur', () => close());
  input.form?.addEventListener('submit', () => close());
  // Before blur: a press on an option must not take the focus away.
  list.addEventListener('pointerdown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const option = (event.target as HTMLElement).closest<HTMLElement>('[role=option]');
    if (option) take(option);
  });
}
