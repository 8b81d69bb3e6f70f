export { DEFAULT_MAXIMUM_SECONDS, defaultScopes, scopeNames } from './default-scopes.ts';
export { GroupsInUse } from './groups-in-use.ts';
export { GRANTED_LEASES_FILE, LeaseDatabase, readGrantedLeases } from './lease-database.ts';
export { monitoredMadcap } from './monitored.ts';
export { MadcapService, type MadcapServiceOptions, openMadcapService } from './service.ts';
