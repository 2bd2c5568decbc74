import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { feature } from 'topojson-client';
import { defineConfig, type Plugin } from 'vite';

const require = createRequire(import.meta.url);

// France alone, out of a package that draws every country: a few kilobytes,
// loaded only when neither tiles nor the départements' contours come.
function france(): Plugin {
  const id = 'virtual:france';
  return {
    name: 'mednum-france',
    resolveId: (source) => (source === id ? `\0${id}` : undefined),
    load(loaded) {
      if (loaded !== `\0${id}`) return;
      const world = JSON.parse(readFileSync(require.resolve('world-atlas/countries-50m.json'), 'utf8'));
      // ISO 3166 numbers: France with its five départements overseas, and the collectivités.
      const codes = new Set(['250', '540', '258', '663', '652', '666', '876']);
      const round = (x: number) => Math.round(x * 100) / 100;
      const rings: number[][][] = [];
      for (const country of world.objects.countries.geometries) {
        if (!codes.has(country.id)) continue;
        const geometry = (feature(world, country) as any).geometry;
        const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
        for (const polygon of polygons) rings.push(polygon[0].map(([lon, lat]: number[]) => [round(lon!), round(lat!)]));
      }
      return `export default ${JSON.stringify(rings)};`;
    },
  };
}

export default defineConfig({
  plugins: [france()],
  base: '/',
  publicDir: 'public', // holds .gitkeep, so that dist/ stays in the repository
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    assetsDir: 'assets',
    assetsInlineLimit: 0, // a strict CSP has no data: fonts
    target: ['es2022', 'chrome100', 'firefox100', 'safari15'],
    modulePreload: { polyfill: false },
    rollupOptions: { input: 'src/main.ts' },
  },
});
