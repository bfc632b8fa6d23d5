/**
 * Names of a browser's types in the declarations of this package. A program without the library of the DOM lacks them; where they exist, these
 * declarations add nothing.
 *
 * @packageDocumentation
 */

/* eslint-disable @typescript-eslint/no-empty-object-type, @typescript-eslint/no-namespace -- interfaces that are merged with those of the DOM */
declare global {
  interface EventListener {}
  interface Storage {}
  interface Window {}
  namespace WebAssembly {
    interface Module {}
  }
}

/** Bytes of a WebAssembly module. */
export type ModuleBytes = ArrayBuffer | ArrayBufferView;
