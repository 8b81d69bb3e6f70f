/**
 * The embedded locator service: an LDAP v2 and v3 server whose entries are in SQLite and may expire (RFC 2589).
 *
 *     const store = openStore({ path: `${dataDir}/directory.db` });
 *     const service = createLocatorService({ store });
 *     const client = new Client({ url: 'ldap://embedded', createConnection: () => service.connect() });
 */
export {
  type AccessAction,
  type AccessOptions,
  type AccessPolicy,
  type AuthMethod,
  defaultAccess,
  type Identity,
} from './access.ts';
export { type Backup, backupStore, checkBackup } from './backup.ts';
export type { ServiceCounters } from './counters.ts';
export { StoreError } from './errors.ts';
export { exportEntries, type ExportOptions } from './export.ts';
export type { ImportCounts, ImportProblem } from './import.ts';
export { importLdif, type ImportLdifOptions } from './import-ldif.ts';
export { defaultLimits, defaultTtl, type ServiceLimits, type TtlLimits } from './limits.ts';
export {
  DEFAULT_PORT,
  DEFAULT_TLS_PORT,
  type Listener,
  type ListenOptions,
  listen,
  listenLocal,
} from './listen.ts';
export { formatMetrics, serveMetrics } from './metrics.ts';
export { MONITOR, type Monitor, type MonitoredPart, type PartCounter } from './monitor.ts';
export { type Peer, networkPeer } from './peer.ts';
export { hashPassword, makeSecret } from './password.ts';
export {
  createLocatorService,
  type InProcessConnection,
  LocatorService,
  type LocatorServiceOptions,
} from './service.ts';
export { type EntryStore, openStore } from './store.ts';
export type { StoreOptions } from './store-options.ts';
export { APPLICATIONS, DYNAMIC, ensureBaseTree, SCHEMA, SUFFIX } from './tree.ts';
export { accountDn, type AdminOptions, Principals } from './principals.ts';
export type { Secret } from './store-secrets.ts';
export { ServerTls, type TlsFiles } from './tls.ts';
export { pathOfDn } from './schema.ts';
