import type { ObservatoryConditions } from "../classic/data_observatory.ts";

/** On which conditions data can be had. */
export class SubscriptionInfo {
  /** What the server tells, by CARTO's own names. */
  readonly data: Readonly<Record<string, unknown>>;

  /**
   * Made by `Dataset.subscriptionInfo` and `Geography.subscriptionInfo`.
   *
   * @param conditions What the server tells
   */
  constructor(conditions: ObservatoryConditions) {
    this.data = { ...conditions };
  }

  /** The id of the dataset or geography. */
  get id(): string | null {
    return this.#text("id");
  }
  /** Days until the data are there; 0 for at once. */
  get estimatedDeliveryDays(): number | null {
    return this.#number("estimated_delivery_days");
  }
  /** The price; null where it is to be asked for. */
  get subscriptionListPrice(): number | null {
    return this.#number("subscription_list_price");
  }
  /** The terms of service. */
  get tos(): string | null {
    return this.#text("tos");
  }
  /** Where the terms of service stand. */
  get tosLink(): string | null {
    return this.#text("tos_link");
  }
  /** The licences. */
  get licenses(): string | null {
    return this.#text("licenses");
  }
  /** Where the licences stand. */
  get licensesLink(): string | null {
    return this.#text("licenses_link");
  }
  /** What may be done with the data. */
  get rights(): string | null {
    return this.#text("rights");
  }

  /** The conditions in sentences, as a person is asked to accept them. */
  toString(): string {
    const days = this.estimatedDeliveryDays;
    const price = this.subscriptionListPrice;
    return [
      price === null ? "The price is to be asked for." : `The price is ${price}.`,
      days === null
        ? ""
        : days === 0
        ? "The data are there at once."
        : `The data are there within ${days} days.`,
      this.licensesLink === null ? "" : `Licence: ${this.licensesLink}`,
      this.tosLink === null ? "" : `Terms of service: ${this.tosLink}`,
    ].filter((line) => line !== "").join("\n");
  }

  #text(name: string): string | null {
    const value = this.data[name];
    return value === undefined || value === null ? null : String(value);
  }

  #number(name: string): number | null {
    const value = this.data[name];
    return value === undefined || value === null ? null : Number(value);
  }
}
