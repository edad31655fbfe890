/** How long a program takes to start, as a user feels it: a process that runs and ends. */
import { toFileUrl } from "@std/path";

const ROOT = new URL("../../", import.meta.url);

/** Programs to start: one that does nothing, and one that only imports the module. */
export interface Programs extends Disposable {
  /** Starts the program that does nothing; resolves with the milliseconds it took. */
  bare(): Promise<number>;
  /** Starts the program that imports `mod.ts`; resolves with the milliseconds it took. */
  importing(): Promise<number>;
}

/** Writes both programs into a temporary folder, and starts each once so that nothing is compiled later. */
export async function preparePrograms(): Promise<Programs> {
  const folder = await Deno.makeTempDir({ prefix: "start-" });
  const start = async (name: string) => {
    const begin = performance.now();
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-config", "--no-prompt", name],
      cwd: folder,
      stdout: "null",
    }).output();
    if (!success) throw new Error(`Cannot start ${name}: ${new TextDecoder().decode(stderr)}`);
    return performance.now() - begin;
  };
  const url = toFileUrl(`${folder}/`);
  const module = JSON.stringify(new URL("mod.ts", ROOT).href);
  await Deno.writeTextFile(new URL("bare.ts", url), "export {};\n");
  await Deno.writeTextFile(new URL("importing.ts", url), `import ${module};\n`);
  await start("bare.ts");
  await start("importing.ts");
  return {
    bare: () => start("bare.ts"),
    importing: () => start("importing.ts"),
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}
