export { type DatabaseFormat, DatabaseFileError, databaseTrouble, openDatabase } from './database-file.ts';
export { makeFolder } from './make-folder.ts';
export { LIMIT, Sql, type SqlRow } from './sql.ts';
