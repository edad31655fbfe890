import { checkCount } from "./_arguments.ts";

/** One page of a list, and how many entries the server says there are in all. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly total: number | null | undefined;
}

/** How much of a list is wanted. */
export interface PagingOptions {
  /** The most entries to give. Default: all. */
  limit?: number | undefined;
  /** Entries per request. Default: the server's. */
  perPage?: number | undefined;
}

/**
 * The entries of a list that comes in numbered pages; the next page is asked for when the loop gets there. Without a
 * total there is one page, and an empty page ends a list that shrank meanwhile.
 */
export async function* paged<Item>(
  options: PagingOptions,
  ask: (page: number, perPage: number | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, void> {
  const limit = checkCount("limit", options.limit) ?? Infinity;
  const perPage = checkCount("perPage", options.perPage);
  let received = 0;
  for (let page = 1; received < limit; page++) {
    const { items, total } = await ask(page, perPage);
    for (const item of items) {
      if (received >= limit) return;
      received++;
      yield item;
    }
    if (typeof total !== "number" || received >= total || items.length === 0) return;
  }
}

/** The total that a list in numbered pages tells, under whichever name. */
export function totalOf(body: {
  readonly total_entries?: number | null | undefined;
  readonly total_user_entries?: number | null | undefined;
  readonly total?: number | null | undefined;
}): number | null | undefined {
  return body.total_entries ?? body.total_user_entries ?? body.total;
}
