/** What AssemblyScript calls the numbers of WebAssembly. In the plain version all of them are numbers. */
declare type i32 = number;
declare type f64 = number;
declare type bool = boolean;
