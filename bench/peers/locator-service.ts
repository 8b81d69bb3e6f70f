import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { endChild } from '../harness.ts';

/** Our embedded service in a process of its own, its store in `folder`; a store that is there is used. */
export async function startOurs(
  folder: string,
  durability: 'process' | 'power',
  maxConnections = 1000,
): Promise<{ port: number; pid: number; stop(): Promise<void> }> {
  const program = fileURLToPath(new URL('../subjects/locator-service.ts', import.meta.url));
  const child = spawn(process.execPath, [program, folder, durability, String(maxConnections)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [port]: unknown[] = await once(child.stdout, 'data');
  return { port: Number(String(port)), pid: child.pid ?? 0, stop: () => endChild(child) };
}
