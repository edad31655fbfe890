import type { PageHtml } from "./page/description.ts";

/**
 * A footer with nothing in it but text and links to http, https and mailto, which open in a tab of their own. All other
 * markup is dropped, and its text stays; of scripts and styles not even that.
 */
export async function sanitizeFooter(footer: string): Promise<PageHtml> {
  if (!/[<&]/.test(footer)) return footer;
  const { FilterXSS } = await import("../_deps/xss.ts");
  const filter = new FilterXSS({
    whiteList: { a: ["href", "title"], br: [] },
    stripIgnoreTag: true,
    stripIgnoreTagBody: ["script", "style"],
    onTagAttr: (_tag, name, value) => {
      const text = value.trim();
      if (name === "href" && !/^(?:https?:\/\/|mailto:)[^\s"'<>`]+$/i.test(text)) return "";
      return name === "href" || name === "title" ? `${name}="${escapeHtml(text)}"` : "";
    },
  });
  // "1 < 2" is no tag, though the filter would take it for one that never ends
  return filter.process(footer.replace(/<(?![a-z/!])/gi, "&lt;")).replaceAll(
    "<a ",
    '<a target="_blank" rel="noopener noreferrer" ',
  );
}

/** The text of an attribute, whose ampersands may stand for themselves or begin an entity already. */
function escapeHtml(text: string): string {
  return text.replace(/[<>"'`]/g, (char) => `&#${char.charCodeAt(0)};`);
}
