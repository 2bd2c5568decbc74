import * as L from 'leaflet';
import 'leaflet/dist/leaflet.css';
import './map.css';
import Supercluster, { type ClusterProperties } from 'supercluster';
import { clusterName } from './words';

// All of Leaflet is behind this file (a test holds it to that).

export interface Point {
  id: string;
  longitude: number;
  latitude: number;
  state: 'open' | 'closed' | 'unknown';
  name: string;
}

export interface Center {
  longitude: number;
  latitude: number;
  mine: boolean;
}

export interface Options {
  tiles: string; // template {z} {x} {y}; empty: outlines
  attribution: string;
  pick?: (id: string, byKey: boolean) => void;
  search?: (longitude: number, latitude: number) => void;
}

export interface View {
  show(points: Point[], center: Center | undefined, fit: boolean): void;
  select(id: string | undefined): void;
  hover(id: string | undefined): void;
  resize(): void;
}

const france: L.LatLngBoundsExpression = [[41.3, -5.2], [51.1, 9.6]];
const tilesLate = 7000; // ms without a single tile: they do not come

export function draw(container: HTMLElement, options: Options): View {
  const touch = matchMedia('(pointer: coarse)').matches;
  const map = L.map(container, {
    zoomControl: false,
    // One finger scrolls the page; two move and zoom the map.
    dragging: !touch,
    keyboard: true,
    zoomSnap: 0.5,
    minZoom: 3,
    maxZoom: 18,
    attributionControl: true,
    fadeAnimation: calm(),
    zoomAnimation: calm(),
    markerZoomAnimation: calm(),
  });
  container.setAttribute('role', 'region');
  L.control.zoom({ position: 'bottomright', zoomInTitle: 'Agrandir', zoomOutTitle: 'Réduire' }).addTo(map);
  L.control.scale({ imperial: false, position: 'bottomleft' }).addTo(map);
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  map.fitBounds(france);

  // The wheel scrolls the page, as everywhere; with Ctrl it zooms.
  container.addEventListener('wheel', (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); }, { capture: true });

  // A press that moved the map does not choose the marker that it began on.
  let dragged = false;
  map.on('dragstart', () => (dragged = true));
  container.addEventListener('pointerdown', () => (dragged = false), { capture: true });
  container.addEventListener('click', (event) => { if (dragged && event.detail) event.stopPropagation(); }, { capture: true });

  const index = new Supercluster<Point>({ radius: 46, maxZoom: 16, minPoints: 2 });
  const markers = new Map<string, L.Marker>();
  let points: Point[] = [];
  let selected: string | undefined;
  let hovered: string | undefined;
  let here: L.LayerGroup | undefined;
  let around: Center | undefined;
  let byHand = false;

  function render(): void {
    const zoom = Math.floor(map.getZoom());
    const wanted = new Map<string, () => L.Marker>();
    // The whole world: at most a hundred points, and markers keep their focus when the map moves.
    for (const f of index.getClusters([-180, -85, 180, 85], zoom)) {
      const at = L.latLng(f.geometry.coordinates[1]!, f.geometry.coordinates[0]!);
      if ('cluster_id' in f.properties) {
        const { cluster_id, point_count } = f.properties as ClusterProperties;
        const leaves = index.getLeaves(cluster_id, Infinity).map((leaf) => leaf.properties.id);
        wanted.set(`c${zoom}-${cluster_id}-${leaves.join()}`, () => cluster(at, cluster_id, point_count, leaves));
      } else {
        const point = f.properties as Point;
        wanted.set(point.id + point.state + point.name, () => single(at, point));
      }
    }
    const focused = container.contains(document.activeElement) && document.activeElement?.classList.contains('marker');
    for (const [key, marker] of markers) {
      if (!wanted.has(key)) {
        marker.remove();
        markers.delete(key);
      }
    }
    for (const [key, make] of wanted) if (!markers.has(key)) markers.set(key, make().addTo(map));
    if (focused && document.activeElement === document.body) container.focus({ preventScroll: true });
    mark();
  }

  function place(at: L.LatLng, element: HTMLElement, size: number): L.Marker {
    element.addEventListener('focus', () => {
      // By the keyboard only: a map that moves under a press loses the click.
      if (!element.matches(':focus-visible')) return;
      byHand = false;
      map.panInside(at, { padding: [60, 60], animate: false });
    });
    return L.marker(at, { icon: L.divIcon({ html: element, className: 'marker-box', iconSize: [size, size], iconAnchor: [size / 2, size / 2] }), keyboard: false, riseOnHover: true });
  }

  function single(at: L.LatLng, point: Point): L.Marker {
    const element: HTMLElement = document.createElement(options.pick ? 'button' : 'span');
    element.className = `marker marker-${point.state}`;
    element.dataset.ids = point.id;
    element.append(shape(point.state));
    if (options.pick) {
      element.setAttribute('type', 'button');
      element.setAttribute('aria-label', point.name);
      element.title = point.name;
    } else element.setAttribute('aria-hidden', 'true');
    const marker = place(at, element, 44);
    element.addEventListener('click', (event) => {
      L.DomEvent.stopPropagation(event);
      options.pick?.(point.id, event.detail === 0);
    });
    return marker;
  }

  function cluster(at: L.LatLng, id: number, count: number, leaves: string[]): L.Marker {
    const element = document.createElement('button');
    element.type = 'button';
    element.className = 'marker cluster';
    element.dataset.ids = leaves.join(' ');
    element.textContent = String(count);
    element.setAttribute('aria-label', clusterName(count));
    element.title = clusterName(count);
    const marker = place(at, element, 48);
    element.addEventListener('click', (event) => {
      L.DomEvent.stopPropagation(event);
      map.setView(at, Math.min(18, index.getClusterExpansionZoom(id)), { animate: calm() });
    });
    return marker;
  }

  function mark(): void {
    for (const element of container.querySelectorAll<HTMLElement>('.marker')) {
      const ids = (element.dataset.ids ?? '').split(' ');
      const on = selected !== undefined && ids.includes(selected);
      element.classList.toggle('selected', on);
      element.classList.toggle('hovered', hovered !== undefined && ids.includes(hovered));
      if (options.pick && !element.classList.contains('cluster')) element.setAttribute('aria-pressed', String(on));
      const box = element.parentElement;
      box?.classList.toggle('above', on || element.classList.contains('hovered'));
    }
  }

  function drawHere(): void {
    here?.remove();
    here = around && youAreHere(L.latLng(around.latitude, around.longitude), container.classList.contains('no-tiles')).addTo(map);
  }

  map.on('zoomend', render);
  background(map, container, options, () => {
    drawHere();
    // A place alone, without streets: far enough to see the communes around.
    if (!options.pick) map.setZoom(12, { animate: false });
  });

  // "Chercher dans cette zone": only after a person moved the map.
  const zone = options.search ? button('Chercher dans cette zone', 'map-zone') : undefined;
  if (zone && options.search) {
    container.append(zone);
    // A finger that slips on the button does not move the map under it.
    L.DomEvent.disableClickPropagation(zone);
    zone.hidden = true;
    zone.addEventListener('click', () => {
      const { lng, lat } = map.getCenter().wrap();
      zone.hidden = true;
      options.search!(lng, lat);
    });
    map.on('dragend', () => (zone.hidden = false));
    for (const type of ['keydown', 'touchend', 'click']) container.addEventListener(type, () => (byHand = true), { capture: true });
    map.on('moveend', () => {
      if (byHand && points.length) zone.hidden = false;
    });
  }
  if (touch) {
    const hint = document.createElement('p');
    hint.className = 'map-hint';
    hint.textContent = 'Deux doigts pour bouger la carte';
    hint.hidden = true;
    container.append(hint);
    // Said only to those who try with one.
    let alone = false;
    container.addEventListener('touchstart', (event) => (alone = event.touches.length === 1), { passive: true });
    container.addEventListener('touchmove', (event) => (hint.hidden = !(alone && event.touches.length === 1)), { passive: true });
    container.addEventListener('touchend', () => setTimeout(() => (hint.hidden = true), 1200), { passive: true });
  }

  return {
    show(next, center, fit) {
      points = next;
      index.load(points.map((p) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [p.longitude, p.latitude] }, properties: p })));
      around = center;
      drawHere();
      if (zone) zone.hidden = true;
      byHand = false;
      if (fit && (points.length || center)) {
        // The nearest dozen: one far away would make dots of all the others.
        const all = points.slice(0, 12).map((p) => L.latLng(p.latitude, p.longitude));
        if (center) all.push(L.latLng(center.latitude, center.longitude));
        map.fitBounds(L.latLngBounds(all), { paddingTopLeft: [46, 76], paddingBottomRight: [46, 46], maxZoom: all.length > 1 ? 16 : container.classList.contains('no-tiles') ? 12 : 15, animate: false });
      }
      render();
    },
    select(id) {
      selected = id;
      const point = points.find((p) => p.id === id);
      if (point) {
        byHand = false;
        map.panInside([point.latitude, point.longitude], { padding: [60, 60], animate: calm() });
      }
      mark();
    },
    hover(id) {
      hovered = id;
      mark();
    },
    resize() {
      map.invalidateSize();
    },
  };
}

export interface Position {
  latitude: number;
  longitude: number;
}

export interface Pin {
  set(at: Position): void;
  resize(): void;
}

const step = 6; // pixels that an arrow moves the point; with Shift, ten times

/** A map on which one point is moved: by pressing where it should be, by
 *  dragging it, or with the arrow keys when it has the focus. */
export function place(container: HTMLElement, options: Pick<Options, 'tiles' | 'attribution'>, at: Position | undefined, was: Position | undefined, near: Position | undefined, moved: (at: Position) => void): Pin {
  const touch = matchMedia('(pointer: coarse)').matches;
  const map = L.map(container, { zoomControl: false, dragging: !touch, zoomSnap: 0.5, minZoom: 3, maxZoom: 18, fadeAnimation: calm(), zoomAnimation: calm(), markerZoomAnimation: calm() });
  container.setAttribute('role', 'region');
  container.setAttribute('aria-label', 'Carte : le point du lieu');
  L.control.zoom({ position: 'bottomright', zoomInTitle: 'Agrandir', zoomOutTitle: 'Réduire' }).addTo(map);
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  container.addEventListener('wheel', (event) => { if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); }, { capture: true });
  const begin = at ?? near;
  if (begin) map.setView([begin.latitude, begin.longitude], at ? 17 : 12);
  else map.fitBounds(france);

  const still = was && L.marker([was.latitude, was.longitude], { icon: L.divIcon({ html: old(), className: 'marker-box', iconSize: [44, 44], iconAnchor: [22, 22] }), interactive: false, keyboard: false, zIndexOffset: -500 });
  const handle = document.createElement('button');
  handle.type = 'button';
  handle.className = 'marker marker-pin';
  handle.setAttribute('aria-label', 'Point du lieu : les flèches le déplacent');
  handle.append(shape('open'));
  const marker = L.marker(begin ? [begin.latitude, begin.longitude] : map.getCenter(), { icon: L.divIcon({ html: handle, className: 'marker-box', iconSize: [44, 44], iconAnchor: [22, 22] }), draggable: true, keyboard: false, autoPan: true, zIndexOffset: 500 });
  if (at) marker.addTo(map);

  const put = (where: L.LatLng, told: boolean): void => {
    marker.setLatLng(where);
    if (!map.hasLayer(marker)) marker.addTo(map);
    const apart = was && map.distance(where, [was.latitude, was.longitude]) > 1;
    if (still) apart ? still.addTo(map) : still.remove();
    if (told) moved({ latitude: where.lat, longitude: where.lng });
  };
  if (at) put(marker.getLatLng(), false);
  marker.on('dragend', () => put(marker.getLatLng(), true));
  map.on('click', (event) => put(event.latlng.wrap(), true));
  handle.addEventListener('keydown', (event) => {
    const way = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const far = event.shiftKey ? step * 10 : step;
    const to = map.latLngToContainerPoint(marker.getLatLng()).add([way[0]! * far, way[1]! * far]);
    put(map.containerPointToLatLng(to).wrap(), true);
    map.panInside(marker.getLatLng(), { padding: [60, 60], animate: false });
  });
  background(map, container, options, () => { if (begin) map.setZoom(13, { animate: false }); });
  return {
    set(next) {
      put(L.latLng(next.latitude, next.longitude), false);
      map.setView([next.latitude, next.longitude], Math.max(map.getZoom(), 15), { animate: false });
    },
    resize: () => void map.invalidateSize(),
  };
}

/** Where the point was. */
function old(): HTMLElement {
  const span = document.createElement('span');
  span.className = 'marker marker-was';
  span.append(shape('unknown'));
  return span;
}

function calm(): boolean {
  return !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function button(text: string, className: string): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = className;
  element.textContent = text;
  return element;
}

/** A disc, a square or a diamond: the state is told by shape as by colour. */
function shape(state: Point['state']): SVGElement {
  const outlines = { open: 'M17 2a15 15 0 1 1 0 30 15 15 0 0 1 0-30z', closed: 'M7 4h20a3 3 0 0 1 3 3v20a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3V7a3 3 0 0 1 3-3z', unknown: 'M17 1l16 16-16 16L1 17z' };
  const signs = { open: 'm10.500 17.500 4.500 4.500 8.500-9', closed: 'M11 17h12', unknown: 'M13.300 14a3.700 3.700 0 1 1 5.300 3.400c-1.200.6-1.600 1.200-1.600 2.400M17 23.500v.2' };
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 34 34');
  svg.setAttribute('aria-hidden', 'true');
  for (const [name, d] of [['outline', outlines[state]], ['sign', signs[state]]] as const) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('class', name);
    path.setAttribute('d', d);
    svg.append(path);
  }
  return svg;
}

function youAreHere(at: L.LatLng, rings: boolean): L.LayerGroup {
  const dot = document.createElement('span');
  dot.className = 'here';
  const layers: L.Layer[] = [
    L.marker(at, { icon: L.divIcon({ html: dot, className: 'marker-box here-box', iconSize: [30, 30], iconAnchor: [15, 15] }), interactive: false, keyboard: false, zIndexOffset: -500 }),
  ];
  // Without streets, circles tell how far things are.
  if (rings) for (const km of [1, 2, 5, 10, 20, 50]) layers.push(...ring(at, km));
  return L.layerGroup(layers);
}

function ring(at: L.LatLng, km: number): L.Layer[] {
  const circle = L.circle(at, { radius: km * 1000, className: 'ring', interactive: false, fill: false });
  const north = L.latLng(at.lat + km / 111.2, at.lng);
  return [circle, label(north, `${km} km`, 'ring-name')];
}

function label(at: L.LatLng, text: string, className: string): L.Marker {
  const span = document.createElement('span');
  span.textContent = text;
  return L.marker(at, { icon: L.divIcon({ html: span, className: `label ${className}`, iconSize: [0, 0] }), interactive: false, keyboard: false, zIndexOffset: -900 });
}

/** Tiles, or what we have ourselves when they do not come. */
function background(map: L.Map, container: HTMLElement, options: Options, without: () => void): void {
  if (!options.tiles) {
    outlines(map, container, 'Carte simple : les contours et les lieux.');
    return without();
  }
  const tiles = L.tileLayer(options.tiles, { attribution: escape(options.attribution), maxZoom: 18, maxNativeZoom: 18 });
  let came = false;
  let failures = 0;
  const fall = () => {
    if (came || !map.hasLayer(tiles)) return;
    clearTimeout(late);
    tiles.remove();
    outlines(map, container, 'Le plan des rues n’arrive pas. Voici les contours et les lieux.');
    without();
  };
  const late = setTimeout(fall, tilesLate);
  tiles.on('tileload', () => {
    came = true;
    clearTimeout(late);
  });
  tiles.on('tileerror', () => {
    if (++failures >= 3) fall();
  });
  tiles.addTo(map);
}

type Outline = GeoJSON.FeatureCollection<GeoJSON.MultiPolygon | GeoJSON.Polygon, { nom?: string }>;

function outlines(map: L.Map, container: HTMLElement, sentence: string): void {
  container.classList.add('no-tiles');
  const said = document.createElement('p');
  said.className = 'map-said';
  said.setAttribute('role', 'status');
  said.textContent = sentence;
  container.append(said);
  map.attributionControl.addAttribution('Contours : données ouvertes');

  // Under the rings, whichever comes first.
  map.createPane('land').style.zIndex = '300';
  map.createPane('communes').style.zIndex = '350';
  const base = L.layerGroup().addTo(map);
  void (async () => {
    try {
      const answer = await fetch('/outlines.geojson', { headers: { Accept: 'application/geo+json' } });
      const found = (await answer.json()) as Outline;
      if (!answer.ok || !found.features.length) throw new Error('no outlines');
      L.geoJSON(found, { pane: 'land', interactive: false, style: { className: 'land' } }).addTo(base);
    } catch {
      const { default: rings } = await import('virtual:france');
      for (const ring of rings) L.polygon(ring.map(([lon, lat]) => L.latLng(lat, lon)), { pane: 'land', interactive: false, className: 'land' }).addTo(base);
    }
  })();
  communes(map);
}

const closeEnough = 9.5; // zoom from which the communes of the view are few enough to ask for

/** Names, and contours where they are loaded, of the communes in view: our own data. */
function communes(map: L.Map): void {
  const shapes = L.layerGroup().addTo(map);
  const names = L.layerGroup().addTo(map);
  let asked: AbortController | undefined;
  const refresh = async () => {
    asked?.abort();
    const control = (asked = new AbortController());
    if (map.getZoom() < closeEnough) {
      shapes.clearLayers();
      names.clearLayers();
      return;
    }
    const b = map.getBounds();
    const bbox = [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((x) => x.toFixed(4)).join();
    try {
      const answer = await fetch(`/collections/communes/items?limit=250&bbox=${bbox}`, { signal: control.signal, headers: { Accept: 'application/geo+json' } });
      if (!answer.ok) return;
      const found = (await answer.json()) as GeoJSON.FeatureCollection<GeoJSON.Geometry | null, { nom?: string; population?: number | null }>;
      if (control.signal.aborted) return;
      shapes.clearLayers();
      names.clearLayers();
      const taken: L.Bounds[] = [];
      const ordered = [...found.features].sort((x, y) => (y.properties.population ?? 0) - (x.properties.population ?? 0));
      for (const f of ordered) {
        if (!f.geometry) continue;
        const layer = L.geoJSON(f as GeoJSON.Feature, {
          pane: 'communes',
          interactive: false,
          style: { className: 'commune' },
          pointToLayer: (_, at) => L.circleMarker(at, { pane: 'communes', radius: 2.5, className: 'commune-dot', interactive: false }),
        });
        layer.addTo(shapes);
        const at = layer.getBounds().getCenter();
        const name = f.properties.nom ?? '';
        const pixel = map.latLngToContainerPoint(at);
        const half = L.point(name.length * 4.2 + 8, 13);
        const box = L.bounds(pixel.subtract(half), pixel.add(half));
        if (!name || taken.some((other) => other.intersects(box))) continue;
        taken.push(box);
        label(at, name, (f.properties.population ?? 0) > 20_000 ? 'commune-name big' : 'commune-name').addTo(names);
      }
    } catch {
      // The outlines and the places are enough.
    }
  };
  map.on('moveend', () => void refresh());
  void refresh();
}

/** Leaflet takes the attribution as HTML; the setting is text. */
function escape(text: string): string {
  const span = document.createElement('span');
  span.textContent = text;
  return span.innerHTML;
}
