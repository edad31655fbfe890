// Loaded on the first answer that is checked, never by importing `mod.ts`: zod costs about 15 ms.
export * from "npm:zod@^4/mini";
