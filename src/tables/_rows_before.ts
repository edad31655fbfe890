import { DataError } from "../errors/mod.ts";

/** Runs a task on a part of the rows; what it finds wrong in a row is told with the row's number among all rows. */
export function withRowsBefore<T>(rowsBefore: number, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof DataError) || error.place.row === undefined || rowsBefore === 0) throw error;
    const { place, hint, cause } = error;
    throw new DataError(error.message.replace(/^(?:".*?", )?row \d+(?:, column ".*?")?: /, ""), {
      place: { ...place, row: error.place.row + rowsBefore },
      hint,
      cause,
    });
  }
}
