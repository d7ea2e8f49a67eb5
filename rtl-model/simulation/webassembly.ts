/**
 * The part of the WebAssembly JavaScript interface that the compiled simulator uses, with types. Node has it as a
 * global; its type declarations do not, and the browser's library would bring the whole of the DOM.
 * Source: WebAssembly JavaScript Interface, W3C.
 */

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

interface WebAssemblyInterface {
  readonly Memory: new (descriptor: { initial: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: Readonly<Record<string, Readonly<Record<string, WasmMemory>>>>,
  ) => WasmInstance;
}

export const WASM = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly;
