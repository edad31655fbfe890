/// <reference lib="dom" />
/** Elements of the page. Every text becomes a text node, never markup. */

type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** Makes an element; an attribute that is `true` stands without a value, `false` and `undefined` leave it out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const result = document.createElement(name);
  setAttributes(result, attributes);
  result.append(...children);
  return result;
}

/** Makes an element of a drawing. */
export function svg(name: string, attributes: Attributes = {}, ...children: readonly Node[]): SVGElement {
  const result = document.createElementNS("http://www.w3.org/2000/svg", name);
  setAttributes(result, attributes);
  result.append(...children);
  return result;
}

function setAttributes(to: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) to.setAttribute(name, value === true ? "" : String(value));
  }
}

/** A box beside the map: its title, its description, what it shows, and its footer. */
export function box(
  kind: string,
  { title, description, footer }: { title: string; description: string; footer: string },
  ...content: readonly Node[]
): HTMLElement {
  const result = element("section", { class: `box ${kind}`, "aria-label": title || undefined });
  if (title) result.append(element("h2", {}, title));
  if (description) result.append(element("p", { class: "about" }, description));
  result.append(...content);
  if (footer) result.append(footerOf(footer));
  return result;
}

/**
 * The one text that may hold links. It was sanitised when the page was made; here it is read without being run and only
 * text, links and line breaks are taken over.
 */
function footerOf(html: string): HTMLElement {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const result = element("footer");
  takeOver(parsed.body, result);
  return result;
}

const PLAIN = ["b", "strong", "i", "em", "br", "code", "small", "sub", "sup", "p", "span", "ul", "ol", "li"];

function takeOver(from: Node, to: HTMLElement): void {
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) to.append(child.textContent ?? "");
    if (!(child instanceof HTMLElement)) continue;
    const name = child.localName;
    const href = child.getAttribute("href") ?? "";
    const isLink = name === "a" && /^(https?:|mailto:)/i.test(href);
    const copy = isLink
      ? element("a", { href, target: "_blank", rel: "noopener noreferrer" })
      : PLAIN.includes(name)
      ? document.createElement(name)
      : to;
    if (copy !== to) to.append(copy);
    if (!["script", "style", "template"].includes(name)) takeOver(child, copy);
  }
}
