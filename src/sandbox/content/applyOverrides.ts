/** Fields to set on a row that an emulator makes; `undefined` leaves the field out of the row, and so off the wire. */
export type Overrides<Row> = { readonly [Field in keyof Row]?: Row[Field] | undefined };

/** Sets the given fields on a row that nobody else holds yet, takes off those given as `undefined`, and returns it. */
export function applyOverrides<Row extends object>(fresh: Row, overrides: Overrides<Row>): Row {
  // In place: thousands of rows are made at every reset, and copies were most of its cost.
  for (const field in overrides) {
    const value = overrides[field];
    if (value === undefined) Reflect.deleteProperty(fresh, field);
    else fresh[field] = value;
  }
  return fresh;
}
