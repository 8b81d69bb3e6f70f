import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { commandPath, endChild, sleep } from '../harness.ts';

export const ADMIN = { name: 'cn=admin,o=Intranet', password: 'a bench password' };
const NOBODY = 65_534;

/** The attributes of a conference that our service knows, so that both servers get the same bytes. */
const SCHEMA = `
objectIdentifier bench 2.25.171717171717
attributetype ( bench:1 NAME 'protocolID' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( bench:2 NAME 'conferenceBlob' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )
attributetype ( bench:3 NAME 'originator' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( bench:4 NAME 'generalDescription' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( bench:5 NAME 'rtConference' SUP top STRUCTURAL MUST ( uid $ cn )
  MAY ( protocolID $ conferenceBlob $ originator $ generalDescription ) )
`;

/**
 * OpenLDAP with dynamic entries on a free port, its files in `folder`, ready for `ou=Dynamic,o=Intranet`. A database that
 * is there is used.
 *
 * @param sync whether each change is flushed to the disk
 */
export async function startSlapd(
  folder: string,
  { sync }: { readonly sync: boolean },
): Promise<{ port: number; pid: number; stop(): Promise<void> }> {
  const program = commandPath('slapd');
  if (program === undefined) throw new Error('slapd is not installed');
  const port = await freePort();
  mkdirSync(join(folder, 'db'), { recursive: true });
  writeFileSync(join(folder, 'bench.schema'), SCHEMA);
  writeFileSync(
    join(folder, 'slapd.conf'),
    `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include ${folder}/bench.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload dds
sizelimit unlimited
database mdb
suffix "o=Intranet"
rootdn "${ADMIN.name}"
rootpw "${ADMIN.password}"
directory ${folder}/db
maxsize 4294967296
${sync ? '' : 'dbnosync'}
index objectClass,entryExpireTimestamp eq
index uid eq,sub
overlay dds
dds-max-ttl 86400
dds-min-ttl 300
dds-default-ttl 1800
dds-interval 60
`,
  );
  const asNobody = process.getuid?.() === 0;
  if (asNobody)
    for (const path of ['', 'db', 'slapd.conf', 'bench.schema'])
      chownSync(join(folder, path), NOBODY, NOBODY);
  const child = spawn(
    program,
    ['-h', `ldap://127.0.0.1:${port}/`, '-f', join(folder, 'slapd.conf'), '-d', '0'],
    {
      stdio: 'ignore',
      ...(asNobody && { uid: NOBODY, gid: NOBODY }),
    },
  );
  for (let tries = 0; !(await answers(port)); tries++) {
    if (child.exitCode !== null || tries > 500) throw new Error('slapd did not start');
    await sleep(10);
  }
  return { port, pid: child.pid ?? 0, stop: () => endChild(child) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });
}
