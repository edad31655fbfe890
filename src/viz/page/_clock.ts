/// <reference lib="dom" />
/** The clock of an animation. It runs by itself, or stands and is set by hand, as tests do. */
import type { PageAnimation } from "./description.ts";

/** A clock that runs over a range of values, again and again. */
export class Clock {
  readonly animation: PageAnimation;
  readonly #listeners = new Set<() => void>();
  #value: number;
  #isRunning = false;
  #last = 0;
  #request = 0;

  /** It stands at the beginning. */
  constructor(animation: PageAnimation) {
    this.animation = animation;
    this.#value = animation.domain[0];
  }

  /** Where it is, in the column's own values. */
  get value(): number {
    return this.#value;
  }

  /** Whether it runs. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** How much of the column's values passes in a second. */
  get speed(): number {
    const [min, max] = this.animation.domain;
    return (max - min) / Math.max(0.001, this.animation.duration);
  }

  /** Sets it. */
  set(value: number): void {
    const [min, max] = this.animation.domain;
    this.#value = Math.max(min, Math.min(max, value));
    this.#tell();
  }

  /** Lets it run. */
  play(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#last = performance.now();
    this.#request = requestAnimationFrame(() => this.#step());
    this.#tell();
  }

  /** Stops it where it is. */
  pause(): void {
    if (!this.#isRunning) return;
    this.#isRunning = false;
    cancelAnimationFrame(this.#request);
    this.#tell();
  }

  /** Calls a function whenever it moves, starts or stops. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  #step(): void {
    const now = performance.now();
    const [min, max] = this.animation.domain;
    const next = this.#value + (now - this.#last) / 1000 * this.speed;
    this.#last = now;
    this.#value = next > max ? min : next;
    this.#tell();
    if (this.#isRunning) this.#request = requestAnimationFrame(() => this.#step());
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
