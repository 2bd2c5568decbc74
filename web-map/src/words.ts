/** What the script says and how it writes addresses. No document here: tests read it alone. */

/** About 100 m: enough for the nearest place, too little to find a door. */
export function rounded(longitude: number, latitude: number): string {
  return `${Number(longitude.toFixed(3))},${Number(latitude.toFixed(3))}`;
}

/** The address of a search from a form's entries: what is empty is left out. */
export function address(entries: Iterable<[string, string]>): string {
  const query = new URLSearchParams();
  for (const [key, value] of entries) {
    const text = value.trim();
    if (text) query.append(key, text);
  }
  // A place that was typed wins over a position that was shared before.
  if (query.has('ou')) for (const key of ['pres', 'vue']) query.delete(key);
  const text = query.toString();
  return text ? `/?${text}` : '/';
}

/** The same search around a point. */
export function around(search: string, longitude: number, latitude: number, fromMap: boolean): string {
  const query = new URLSearchParams(search);
  for (const key of ['ou', 'pres', 'vue', 'nombre']) query.delete(key);
  query.set('pres', rounded(longitude, latitude));
  if (fromMap) query.set('vue', 'carte');
  return `/?${query}`;
}

/** What to say when the position was not given (GeolocationPositionError.code). */
export function refusal(code: number): string {
  switch (code) {
    case 1:
      return 'Votre appareil n’a pas donné votre position. Ce n’est pas grave : écrivez votre commune.';
    case 3:
      return 'Votre position met trop de temps à venir. Écrivez votre commune, ou essayez de nouveau.';
    default:
      return 'Votre appareil ne sait pas où il est. Écrivez votre commune.';
  }
}

export function proposals(n: number): string {
  if (n === 0) return 'Aucune proposition.';
  return n === 1 ? '1 proposition.' : `${n} propositions. Utilisez les flèches pour choisir.`;
}

export function clusterName(n: number): string {
  return `${n} lieux au même endroit. Agrandir.`;
}
