/** A small strict reader of XML: what it accepts is well formed. Enough for the drawings that are made here. */

export interface Xml {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Xml[];
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- those have no place in XML
  if (/[<\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/.test(text) || /\p{Cs}/u.test(text))
    throw new Error(`not allowed in XML: ${JSON.stringify(text)}`);
  return text.replaceAll(/&([^;]*;?)/g, (_all, name: string) => {
    const sign = entities[name.replace(/;$/, '')];
    if (sign === undefined || !name.endsWith(';')) throw new Error(`no such entity: &${name}`);
    return sign;
  });
}

/** Reads one document; throws for whatever is not well formed. */
export function readXml(source: string): Xml {
  let at = 0;
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${source.slice(at, at + 60)}`);
  };
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const sticky = new RegExp(pattern.source, 'yu');
    sticky.lastIndex = at;
    const found = sticky.exec(source);
    if (found !== null) at = sticky.lastIndex;
    return found;
  };
  const element = (): Xml => {
    const name = take(/<([A-Za-z][\w-]*)/)?.[1] ?? fail('no element');
    const attributes: Record<string, string> = {};
    for (;;) {
      const found = take(/\s+([A-Za-z][\w:-]*)="([^"]*)"/);
      if (found === null) break;
      if (attributes[found[1] ?? ''] !== undefined) fail('an attribute twice');
      attributes[found[1] ?? ''] = plain(found[2] ?? '');
    }
    if (take(/\/>/) !== null) return { name, attributes, children: [], text: '' };
    if (take(/>/) === null) fail('an open tag');
    const children: Xml[] = [];
    let text = '';
    for (;;) {
      text += plain(take(/[^<]+/)?.[0] ?? '');
      const close = take(/<\/([A-Za-z][\w-]*)>/);
      if (close !== null) {
        if (close[1] !== name) fail(`</${close[1] ?? ''}> closes <${name}>`);
        return { name, attributes, children, text };
      }
      children.push(element());
    }
  };
  const root = element();
  if (source.slice(at).trim() !== '') fail('more after the end');
  return root;
}
