// Blocks as HTML, in the form that the server's own `…/html` has.
import type { Block, Schemas } from "./types.js";

type BySlug<Type> = Record<string, Type>;
type BlockOf<Type extends Block["type"]> = Extract<Block, { type: Type }>;

export interface RenderOptions {
  /** What stands beside the document. What is not there is left out, or shown by the words of the block alone. */
  included?: { sources?: BySlug<Schemas["SourceOut"]>; notes?: BySlug<Schemas["NoteOut"]>; articles?: BySlug<Schemas["ArticleCard"]> };
  /** In which language names of sources are taken; else English, else the first there is. */
  language?: string;
  /** Of the types of blocks that you render in another way: the block and its usual HTML, which gives the HTML. */
  overrides?: { [Type in Block["type"]]?: (block: BlockOf<Type>, html: string) => string };
}

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

const lines = (text: string) => text.split(/[\r\n]+/).filter((line) => line.trim()).map((line) => escapeHtml(line.trim())).join("<br>");
const time = (on: string) => `<time datetime="${escapeHtml(on)}">${escapeHtml(on)}</time>`;
/** The address if it is one to link to: no script can be in it. */
const safe = (url: string) => (/^(https?:\/\/|\/(?![/\\]))/i.test(url) ? escapeHtml(url) : "");
const link = (url: string | null, text: string) => (url && safe(url) ? `<a href="${safe(url)}">${text}</a>` : text);

function inLanguage(texts: BySlug<string>, language: string): string {
  return texts[language] ?? texts[language.split("-")[0]!] ?? texts["en"] ?? Object.values(texts)[0] ?? "";
}

/**
 * The HTML of blocks. Texts are escaped, addresses checked; `html` of blocks is as the server gives it, which lets inline
 * elements of a fixed list through and nothing that runs. Blocks of types that this client does not know are left out.
 */
export function renderBlocks(blocks: readonly Block[], options: RenderOptions = {}): string {
  return rendered(blocks, options, "block-");
}

function rendered(blocks: readonly Block[], options: RenderOptions, prefix: string): string {
  const parts = blocks.map((block) => {
    const html = one(block, options, ` id="${prefix}${escapeHtml(block.id)}"`);
    const override = options.overrides?.[block.type] as ((block: Block, html: string) => string) | undefined;
    return override ? override(block, html) : html;
  });
  return parts.filter(Boolean).join("\n");
}

function one(block: Block, options: RenderOptions, id: string): string {
  const { included = {}, language = "" } = options;
  switch (block.type) {
    case "paragraph":
      return `<p${id}>${block.html}</p>`;
    case "heading":
      return `<h${Number(block.level)}${id}>${lines(block.text)}</h${Number(block.level)}>`;
    case "quote": {
      const source = included.sources?.[block.source ?? ""];
      const speaker = block.attribution ?? (source ? inLanguage(source.names, language) : "");
      const cite = speaker && `<figcaption><cite>${lines(speaker)}</cite></figcaption>`;
      const isForeign = block.language !== null && block.language !== language;
      const lang = isForeign ? ` lang="${escapeHtml(block.language!)}" dir="auto"` : "";
      const kind = block.verbatim ? "quote" : "indirect";
      return `<figure class="${kind}"${id}><blockquote${lang}><p>${block.html}</p></blockquote>${cite}</figure>`;
    }
    case "list": {
      const name = block.ordered ? "ol" : "ul";
      return `<${name}${id}>${block.items.map((item) => `<li>${item}</li>`).join("")}</${name}>`;
    }
    case "image":
      return `<figure${id}>${picture(block, options)}</figure>`;
    case "reference_note": {
      const note = included.notes?.[block.revision === null ? block.note : `${block.note}@${block.revision}`];
      return note ? box(note, options, block.id, id) : "";
    }
    case "related": {
      const text = block.text ?? included.articles?.[block.article ?? ""]?.headline ?? block.url;
      return text ? `<p class="related" data-relation="${escapeHtml(block.relation)}"${id}>${link(block.url, lines(text))}</p>` : "";
    }
    case "embed": {
      const text = block.html ?? escapeHtml(block.provider);
      return `<figure class="embed"${id}><p>${text}</p>${link(block.url, escapeHtml(block.url))}</figure>`;
    }
    case "table": {
      const row = (cells: string[], open: string, close: string) => `<tr>${cells.map((cell) => open + lines(cell) + close).join("")}</tr>`;
      const head = block.header.length ? `<thead>${row(block.header, '<th scope="col">', "</th>")}</thead>` : "";
      return `<table${id}>${head}<tbody>${block.rows.map((cells) => row(cells, "<td>", "</td>")).join("")}</tbody></table>`;
    }
    case "code":
      return `<pre${id}><code>${escapeHtml(block.text)}</code></pre>`;
    case "divider":
      return `<hr${id}>`;
    default:
      return "";
  }
}

function picture(image: Schemas["Image"], { included, language = "" }: RenderOptions): string {
  const source = included?.sources?.[image.source ?? ""];
  const name = source && inLanguage(source.names, language);
  const credits = [image.credit_line, image.photographer, name, image.copyright_notice].reduce<string>(
    (credit, part) => (part && !credit.includes(part) ? (credit ? `${credit}, ${part}` : part) : credit),
    "",
  );
  const size = image.width && image.height ? ` width="${Number(image.width)}" height="${Number(image.height)}"` : "";
  const alt = escapeHtml(image.alt_text ?? "");
  const url = image.url && safe(image.url);
  const shown = !url ? "" : image.media === "video" ? link(image.url, alt || url) : `<img src="${url}" alt="${alt}"${size}>`;
  const caption = [image.caption && lines(image.caption), credits && `<small class="credit">${escapeHtml(credits)}</small>`];
  const text = caption.filter(Boolean).join(" ");
  return text ? `${shown}<figcaption>${text}</figcaption>` : shown;
}

function box(note: Schemas["NoteOut"], options: RenderOptions, blockId: string, id: string): string {
  const facts = note.facts.map(({ on, to, text }) => {
    const when = [on, to].filter((date) => date !== null).map(time).join(" – ");
    return `<li>${when && `${when}: `}${lines(text)}</li>`;
  });
  const parts = [
    `<aside class="note"${id} lang="${escapeHtml(note.language)}">`,
    `<h2>${lines(note.heading)}</h2>`,
    // A dot joins the ids of its blocks to that of the box: no id of a block holds one.
    rendered(note.body, options, `block-${escapeHtml(blockId)}.`),
    facts.length ? `<ul class="facts">${facts.join("")}</ul>` : "",
    note.as_of ? `<p class="as-of">${time(note.as_of)}</p>` : "",
    "</aside>",
  ];
  return parts.filter(Boolean).join("\n");
}
