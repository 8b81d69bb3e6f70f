export { type DatabaseFormat, DatabaseFileError, databaseTrouble, openDatabase } from './database-file.ts';
export { makeFile } from './make-folder.ts';
export { LIMIT, Sql, type SqlRow } from './sql.ts';
