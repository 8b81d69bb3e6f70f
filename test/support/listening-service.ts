import {
  createLocatorService,
  defaultAccess,
  hashPassword,
  type Listener,
  listen,
  type LocatorService,
  type LocatorServiceOptions,
  openStore,
} from '../../directory/server/index.ts';

export const SERVICE_ADMIN = { dn: 'cn=admin,o=Intranet', password: 'secret' } as const;

export interface ListeningService extends AsyncDisposable {
  readonly service: LocatorService;
  readonly listener: Listener;
}

/** A locator service in memory at a free port of loopback: everybody may write, and {@link SERVICE_ADMIN} do all. */
export async function listeningService(
  options: Partial<LocatorServiceOptions> = {},
): Promise<ListeningService> {
  const { dn, password } = SERVICE_ADMIN;
  const store = openStore({ path: ':memory:' });
  const service = createLocatorService({
    store,
    sweepSeconds: 0,
    access: defaultAccess({ anonymousWrite: true }),
    admin: { dn, passwordHash: await hashPassword(password) },
    ...options,
  });
  const listener = await listen(service, { port: 0 });
  return {
    service,
    listener,
    async [Symbol.asyncDispose]() {
      await listener.close();
      service.close();
      store.close();
    },
  };
}
