/** Content and content type of one message. */
export interface ActionListSpecimen {
  readonly content_type: string;
  readonly content: unknown;
}

interface Item {
  readonly type: 'link' | 'quick-reply';
  readonly fields: Readonly<Record<string, string>>;
}

const items: readonly Item[] = [
  { type: 'link', fields: { label: 'Haz click', url: 'https://www.google.com', target: '_blank' } },
  { type: 'quick-reply', fields: { label: 'Transferirme', message: 'Transferirme con un ejecutivo' } },
];

/**
 * The shapes in which the documentation shows an actionable list coming back (letstalk.md, quirks): either content type; content
 * as strict JSON text, as text with trailing commas and line breaks, or as an object; items wrapped in `payload` or flat. All
 * twelve, then lists without options, with one kind of item, and with a text that is no JSON at all.
 */
export function actionListSpecimens(): ActionListSpecimen[] {
  const specimens: ActionListSpecimen[] = [];
  for (const content_type of ['actionable/list', 'application/json']) {
    for (const wrapped of [true, false]) {
      const list = {
        title: 'Elija una opción:',
        options: { viewType: wrapped ? 'list' : 'pill', showItemsIcon: !wrapped },
        items: items.map(({ type, fields }) => (wrapped ? { type, payload: fields } : { type, ...fields })),
      };
      specimens.push({ content_type, content: JSON.stringify(list) });
      specimens.push({ content_type, content: sloppy(list) });
      specimens.push({ content_type, content: list });
    }
  }
  const replies = [{ type: 'quick-reply', payload: { label: 'Sí 👍', message: 'Sí' } }];
  specimens.push({
    content_type: 'actionable/list',
    content: JSON.stringify({ title: 'هل تريد المتابعة؟', items: replies }),
  });
  specimens.push({
    content_type: 'actionable/list',
    content: { title: 'Solo un enlace', items: [{ type: 'link', ...items[0]?.fields }] },
  });
  specimens.push({ content_type: 'actionable/list', content: 'Elija una opción: {' });
  return specimens;
}

/** JSON text as the founding page's example has it: over several lines, with a comma after the last member. */
function sloppy(list: unknown): string {
  return JSON.stringify(list, null, 4).replace(/([^\s,{[])(\n\s*[}\]])/g, '$1,$2');
}
