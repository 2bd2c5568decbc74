/** The form that edits a version: what the weights sum to, as one types. */
export function edition(): void {
  const form = document.querySelector<HTMLFormElement>('#edition');
  const output = document.querySelector<HTMLOutputElement>('#somme');
  if (!form || !output) return;
  const tell = (): void => {
    let sum = 0;
    for (const field of form.querySelectorAll<HTMLInputElement>('[data-weight]')) {
      const weight = tenths(field.value);
      // What cannot be read is the server's to say.
      if (weight !== undefined) sum += weight;
    }
    const text = document.createElement('b');
    text.textContent = french(sum);
    output.replaceChildren('Somme des poids : ', text, ` sur 100. ${verdict(sum)}`);
  };
  form.addEventListener('input', tell);
  tell();
}

/** Points in tenths, as a French keyboard writes them; undefined when it is no weight. */
export function tenths(text: string): number | undefined {
  const clean = text.replace(/[\s\u00a0\u202f]/g, '').replace(',', '.');
  return /^\d{1,3}(\.\d)?$/.test(clean) ? Math.round(parseFloat(clean) * 10) : undefined;
}

export function french(sum: number): string {
  return String(sum / 10).replace('.', ',');
}

export function verdict(sum: number): string {
  const gap = Math.abs(sum - 1000);
  if (gap === 0) return 'Le compte est bon.';
  const points = `${french(gap)}\u00a0${gap < 20 ? 'point' : 'points'}`;
  return sum > 1000 ? `Il y a ${points} de trop.` : `Il manque ${points}.`;
}
