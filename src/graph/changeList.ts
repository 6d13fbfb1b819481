import type { Change, ChangeId } from '../messaging/changes.ts';
import { encodeChangeCursor } from '../messaging/cursors.ts';
import type { ChangePage, PlacedChange } from '../messaging/events.ts';

/** A change with its cursor, written when it is asked for. */
export interface ChangeEdge {
  readonly cursor: string;
  readonly node: Change;
}

/** A page of changes, as GraphQL shows it. */
export interface ChangeList {
  readonly edges: readonly ChangeEdge[];
  readonly hasNextPage: boolean;
  readonly from: string | undefined;
  readonly end: string;
}

export function toChangeList(
  { epoch, changes, end, hasMore }: ChangePage,
  from: string | undefined,
): ChangeList {
  return {
    edges: changes.map(({ id, change }) => toEdge(epoch, id, change)),
    hasNextPage: hasMore,
    from,
    end: encodeChangeCursor({ epoch, id: end }),
  };
}

export function toChangeEdge({ epoch, id, change }: PlacedChange): ChangeEdge {
  return toEdge(epoch, id, change);
}

function toEdge(epoch: string, id: ChangeId, node: Change): ChangeEdge {
  return {
    node,
    get cursor() {
      return encodeChangeCursor({ epoch, id });
    },
  };
}
