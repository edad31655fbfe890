import process from "node:process";

/** What some work of this program took. */
export interface Cost {
  readonly seconds: number;
  /** Microseconds of processor time of this program alone, all threads, user and system. */
  readonly cpuMicros: number;
}

/** Does some work and tells what it took. */
export async function measure(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuMicros: user + system };
}

/** The most memory that this program has held, in bytes: Linux keeps the mark, elsewhere it is what is held now. */
export function highWater(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1]) * 1024;
  } catch {
    return Deno.memoryUsage().rss;
  }
}

if (import.meta.main) console.log(highWater());
