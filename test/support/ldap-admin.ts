import { Client } from 'ldapts';

/** Does something as the administrator of a server, on a connection of its own. */
export async function asAdmin<T>(
  server: { readonly url: string; readonly adminDn: string; readonly adminPassword: string },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ url: server.url, timeout: 20_000 });
  try {
    await client.bind(server.adminDn, server.adminPassword);
    return await work(client);
  } finally {
    await client.unbind();
  }
}
