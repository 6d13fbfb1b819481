/** A metric that an expression asks for. */
export interface Selector {
  readonly metric: string;
  /** The labels that it chooses by. */
  readonly labels: readonly string[];
  /** What stands before it. */
  readonly before: string;
}

const OPERATORS = new Set(['and', 'or', 'unless', 'offset', 'bool']);
/** What has names of labels in its brackets. */
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

/** The metrics that a PromQL expression asks for, as often as it does. */
export function metricsIn(expr: string): string[] {
  return selectorsIn(expr).map(({ metric }) => metric);
}

export function selectorsIn(expr: string): Selector[] {
  const text = withoutWords(expr);
  const names = text.matchAll(/(?<![\w$.])([a-z_:][\w:]*)(?!\w)(?:\{([^}]*)\})?(?!\s*\()/gi);
  return [...names].flatMap(({ 1: metric = '', 2: matchers = '', index }) =>
    OPERATORS.has(metric)
      ? []
      : [
          {
            metric,
            labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!),
            before: text.slice(0, index),
          },
        ],
  );
}

/** The labels that it groups or matches by. */
export function labelNamesIn(expr: string): string[] {
  const grouped = [...expr.matchAll(GROUPING)].flatMap(([, labels]) => labels!.split(','));
  const chosen = selectorsIn(expr).flatMap(({ labels }) => labels);
  return [...grouped.map((label) => label.trim()).filter(Boolean), ...chosen];
}

/** The brackets that belong to no other. */
export function strayBracketsOf(expr: string): string {
  let rest = withoutTexts(expr).replace(/[^()[\]{}]/g, '');
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(/\(\)|\[\]|\{\}/g, '');
  }
  return rest;
}

// Their values may look like anything.
function withoutTexts(expr: string): string {
  return expr.replace(/"(?:[^"\\]|\\.)*"/g, '""');
}

/** Without texts, durations and lists of labels, of which nothing is a metric. */
function withoutWords(expr: string): string {
  return withoutTexts(expr)
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\boffset \w+/g, '')
    .replace(GROUPING, '');
}
