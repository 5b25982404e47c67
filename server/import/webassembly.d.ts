/** As much of the global as is used here: TypeScript declares it with the browser's, the types of Node do not. */
declare namespace WebAssembly {
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Module {
    readonly [Symbol.toStringTag]: string;
    constructor(code: Uint8Array);
  }
  class Instance {
    readonly exports: Readonly<Record<string, unknown>>;
    constructor(module: Module);
  }
  function validate(code: Uint8Array): boolean;
}
