export async function start() { return { url: process.env.MEDNUM_URL, stop: async () => {} }; }
