/**
 * Prints what the program prints with the published SDK and with the layer, if the variable `FH_PRINT_PROGRAM` is set.
 *
 * @param place - where the program has run
 */
export function showOutputs(place: string, theirs: readonly string[], ours: readonly string[]): void {
  if (process.env["FH_PRINT_PROGRAM"] === undefined) return;
  console.log([`=== ${place}, the published SDK`, ...theirs, `=== ${place}, the layer`, ...ours].join("\n"));
}
