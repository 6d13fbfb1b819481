import type { FrontName } from '../fronts/Front.ts';
import { FRONT_NAMES, FRONTS } from '../fronts/Front.ts';
import { cellOf, leastOf, medianOf, mostOf } from './cellFigures.ts';
import type { Condition, Results } from './Results.ts';

const WIDTH = 760;
const LEFT = 64;
const RIGHT = 150;
const TOP = 64;
const BAR = 18;
const GAP = 4;
const GROUP_GAP = 22;

/** Told apart by their lightness as well, for whoever sees no difference of hue; both themes of a page have to go with them. */
const COLOURS: Readonly<Record<FrontName, string>> = { parley: '#2f81f7', mesh: '#d4731a', limit: '#8b949e' };

/** What a request costs of a processor, in what it costs the limit, as an SVG. */
export function drawChart({ workloads, cells }: Results, condition: Condition): string {
  const groups = workloads.map(({ id }) => ({
    id,
    bars: FRONTS.flatMap((front) => {
      const cell = cellOf(cells, id, condition, front);
      const limit = cellOf(cells, id, condition, 'limit');
      if (!cell || !limit) return [];
      const unit = medianOf(limit, 'cpu');
      return [
        {
          front,
          milliseconds: medianOf(cell, 'cpu'),
          times: medianOf(cell, 'cpu') / unit,
          least: leastOf(cell, 'cpu') / unit,
          most: mostOf(cell, 'cpu') / unit,
        },
      ];
    }),
  }));
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ most }) => most)));
  const scale = (WIDTH - LEFT - RIGHT) / longest;
  const parts: string[] = [];
  let y = TOP;
  for (const { id, bars } of groups) {
    const height = bars.length * (BAR + GAP) - GAP;
    parts.push(`<text class="id" x="${LEFT - 12}" y="${y + height / 2 + 5}" text-anchor="end">${id}</text>`);
    for (const { front, milliseconds, times, least, most } of bars) {
      const middle = y + BAR / 2;
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${at(times * scale)}" height="${BAR}" rx="2" fill="${COLOURS[front]}"/>`,
        `<path class="spread" d="M${at(LEFT + least * scale)} ${middle}H${at(LEFT + most * scale)}"/>`,
        `<text x="${at(LEFT + Math.max(times, most) * scale + 8)}" y="${middle + 5}">${digits(milliseconds)} ms · ${digits(times)}×</text>`,
      );
      y += BAR + GAP;
    }
    y += GROUP_GAP - GAP;
  }
  const limitAt = at(LEFT + scale);
  const legend = FRONTS.map(
    (front, index) =>
      `<rect x="${LEFT + index * 110}" y="36" width="12" height="12" rx="2" fill="${COLOURS[front]}"/>` +
      `<text x="${LEFT + index * 110 + 18}" y="47">${FRONT_NAMES[front]}</text>`,
  );
  const title = `CPU of a request, at ${condition.latency} ms and ${condition.clients} clients, in times of the limit’s`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="${title}">`,
    '<style>',
    'text { font: 13px system-ui, sans-serif; fill: #1f2328; } .title, .id { font-weight: 600; }',
    '.spread { stroke: #1f2328; stroke-width: 1.5; } .limit { stroke: #8b949e; stroke-dasharray: 3 3; }',
    '@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .spread { stroke: #e6edf3; } }',
    '</style>',
    `<text class="title" x="${LEFT}" y="20">${title}</text>`,
    ...legend,
    `<path class="limit" d="M${limitAt} ${TOP - 8}V${y - GROUP_GAP + 8}"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function at(value: number): string {
  return value.toFixed(1);
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
