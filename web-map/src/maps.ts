import type { Point, View } from './map';
import { announce, changed, go } from './results';
import { around } from './words';

const beside = matchMedia('(min-width: 900px)');

/**
 * Puts the cards on a map. Leaflet comes in a chunk of its own, asked for once
 * the list can be read: at once where the map stands beside the list, when
 * asked for on a phone.
 */
export function maps(): void {
  const container = document.querySelector<HTMLElement>('#carte');
  if (!container) return;
  if (container.classList.contains('map-pair')) {
    container.hidden = false;
    idle(() => void pair(container));
    return;
  }
  if (container.classList.contains('map-small')) {
    container.hidden = false;
    idle(() => void single(container));
    return;
  }

  const seek = container.closest<HTMLElement>('.seek')!;
  let view: View | undefined;
  let opening: Promise<void> | undefined;

  const open = () =>
    (opening ??= (async () => {
      container.hidden = false;
      seek.classList.add('with-map');
      try {
        const { draw } = await import('./map');
        view = draw(container, {
          tiles: container.dataset.tiles ?? '',
          attribution: container.dataset.attribution ?? '',
          pick,
          search: (longitude, latitude) => go(around(location.search, longitude, latitude, true)),
        });
        refresh(true);
      } catch (error) {
        console.warn(error);
        opening = undefined;
        shut();
      }
    })());

  const shut = () => {
    container.hidden = true;
    seek.classList.remove('with-map');
    buttons();
  };

  function buttons(): void {
    const button = document.querySelector<HTMLButtonElement>('[data-show-map]');
    if (!button) return;
    button.hidden = beside.matches;
    const shown = !container!.hidden;
    button.querySelector('span')!.textContent = shown ? 'Cacher la carte' : 'Voir la carte';
    button.onclick = () => {
      if (shown) shut();
      else
        void open().then(() => {
          container!.hidden = false;
          seek.classList.add('with-map');
          buttons();
          view?.resize();
          refresh(true);
          container!.scrollIntoView({ block: 'start' });
        });
    };
  }

  function refresh(fit: boolean): void {
    buttons();
    if (!view || container!.hidden) return;
    const list = document.querySelector<HTMLElement>('#resultats')!;
    const longitude = Number(list.dataset.lon);
    const latitude = Number(list.dataset.lat);
    view.show(points(list), list.dataset.lon ? { longitude, latitude, mine: 'mine' in list.dataset } : undefined, fit);
  }

  /** A marker was chosen: its card is the same thing. */
  function pick(id: string, byKey: boolean): void {
    const card = document.getElementById(`lieu-${id}`);
    if (!card) return;
    select(card);
    card.scrollIntoView({ block: beside.matches ? 'nearest' : 'start' });
    if (byKey) card.querySelector<HTMLElement>('h3 a')?.focus({ preventScroll: true });
    else announce(card.querySelector('h3')?.textContent ?? '');
  }

  function select(card: HTMLElement | null): void {
    for (const other of document.querySelectorAll('.card.selected')) if (other !== card) other.classList.remove('selected');
    card?.classList.add('selected');
    view?.select(card?.dataset.id);
  }

  const pane = seek;
  pane.addEventListener('click', (event) => {
    const card = (event.target as HTMLElement).closest<HTMLElement>('.card[data-lon]');
    if (card) select(card);
  });
  pane.addEventListener('focusin', (event) => {
    const card = (event.target as HTMLElement).closest<HTMLElement>('.card[data-lon]');
    if (card) select(card);
  });
  pane.addEventListener('pointerover', (event) => {
    view?.hover((event.target as HTMLElement).closest<HTMLElement>('.card[data-lon]')?.dataset.id);
  });

  changed.addEventListener('results', () => refresh(true));
  beside.addEventListener('change', () => {
    if (beside.matches) void open().then(() => refresh(true));
    else shut();
  });
  buttons();
  if (beside.matches) {
    container.hidden = false;
    seek.classList.add('with-map');
    idle(() => void open());
  }
}

function points(list: HTMLElement): Point[] {
  return [...list.querySelectorAll<HTMLElement>('.card[data-lon]')].map((card) => ({
    id: card.dataset.id!,
    longitude: Number(card.dataset.lon),
    latitude: Number(card.dataset.lat),
    state: card.dataset.state as Point['state'],
    name: [card.querySelector('h3')?.textContent, card.querySelector('.state b')?.textContent?.toLowerCase(), card.querySelector('.where b')?.textContent]
      .filter(Boolean)
      .join(', '),
  }));
}

async function single(container: HTMLElement): Promise<void> {
  const { draw } = await import('./map');
  const data = container.dataset;
  draw(container, { tiles: data.tiles ?? '', attribution: data.attribution ?? '' }).show(
    [{ id: '', longitude: Number(data.lon), latitude: Number(data.lat), state: data.state as Point['state'], name: data.name ?? '' }],
    undefined,
    true,
  );
}

interface Known {
  nom: string;
  latitude: number;
  longitude: number;
}

/** Two records that may be one place, where each says that it is. */
async function pair(container: HTMLElement): Promise<void> {
  const { draw } = await import('./map');
  const known = JSON.parse(container.dataset.points ?? '[]') as Known[];
  draw(container, { tiles: container.dataset.tiles ?? '', attribution: container.dataset.attribution ?? '' }).show(
    known.map(({ nom, latitude, longitude }) => ({ id: '', latitude, longitude, state: 'unknown' as const, name: nom })),
    undefined,
    true,
  );
}

function idle(then: () => void): void {
  if ('requestIdleCallback' in window) requestIdleCallback(then, { timeout: 1500 });
  else setTimeout(then, 200);
}
