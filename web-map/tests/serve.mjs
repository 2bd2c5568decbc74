// A mednum of one's own for the tests: a database made for them on the server
// that DATABASE_URL names, a few real communes, some sixty invented places, a
// stand-in for the national address search. Everything is removed at the end.
//
// With MEDNUM_URL set, that running server is used as it is instead.
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

export async function start() {
  if (process.env.MEDNUM_URL) return { url: process.env.MEDNUM_URL.replace(/\/$/, ''), stop: async () => {} };
  const binary = process.env.MEDNUM_BINARY || here('../../bin/mednum');
  const admin = process.env.DATABASE_URL;
  if (!admin || !existsSync(binary)) return undefined;

  const name = `mednum_pages_${process.pid}_${Date.now().toString(36)}`;
  sql(admin, `CREATE DATABASE ${name}`);
  const url = new URL(admin);
  url.pathname = `/${name}`;
  const geocoder = await standIn();
  const env = {
    ...process.env,
    DATABASE_URL: url.href,
    MEDNUM_GEOCODER_URL: `http://127.0.0.1:${geocoder.address().port}`,
    MEDNUM_TILE_URL: 'https://tuiles.example/{z}/{x}/{y}.png',
    MEDNUM_TILE_ATTRIBUTION: '© Essai & Cie',
    MEDNUM_LOG_LEVEL: 'warn',
  };
  let server;
  const stop = async () => {
    if (server && server.exitCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      const late = setTimeout(() => server.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    }
    geocoder.closeAllConnections();
    geocoder.close();
    sql(admin, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };
  try {
    for (const args of [['migrate'], ['territories', 'import', here('territories')], ['import', here('fixture.csv'), '--source', 'essai']]) {
      const done = spawnSync(binary, args, { env, encoding: 'utf8' });
      if (done.status !== 0) throw new Error(`mednum ${args[0]}: ${done.stderr || done.stdout}`);
    }
    server = spawn(binary, ['serve', '--listen', '127.0.0.1:0'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const address = await new Promise((resolve, reject) => {
      let said = '';
      server.stdout.on('data', (text) => {
        said += text;
        const found = /http:\/\/[^\s]+/.exec(said);
        if (found) resolve(found[0]);
      });
      server.once('exit', (code) => reject(new Error(`mednum serve ended (${code}): ${said}`)));
    });
    return { url: address.replace(/\/$/, ''), key: (role, organisation, siren, territory) => key(binary, env, role, organisation, siren, territory), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A key of the API, as the operator makes it: written once, on the output. */
function key(binary, env, role, organisation, siren, territory) {
  const args = ['key', 'create', '--role', role, '--organisation', organisation, ...(siren ? ['--siren', siren] : []), ...(territory ? ['--territory', territory] : [])];
  const done = spawnSync(binary, args, { env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`mednum key create: ${done.stderr || done.stdout}`);
  return done.stdout.trim().split(/\s+/).at(-1);
}

function sql(url, statement) {
  const done = spawnSync('psql', ['--no-psqlrc', '-q', '-v', 'ON_ERROR_STOP=1', '-c', statement, url], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${statement}: ${done.stderr || done.error}`);
}

/** Answers as the address search does: one address known, silence on request. */
async function standIn() {
  const server = createServer((request, response) => {
    const q = new URL(request.url, 'http://x').searchParams.get('q') ?? '';
    if (/silence/i.test(q)) return; // never answers
    const found = /ormes/i.test(q);
    const feature = {
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [4.0379, 49.2521] },
      properties: { label: '22 Rue des Ormes 51100 Reims', score: 0.95, type: 'housenumber', name: '22 Rue des Ormes', postcode: '51100', citycode: '51454', city: 'Reims', context: '51, Marne, Grand Est', importance: 0.6 },
    };
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ type: 'FeatureCollection', features: found ? [feature] : [], query: q }));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
