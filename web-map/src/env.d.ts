/// <reference types="vite/client" />
declare module 'virtual:france' {
  /** Outer rings of France's land, longitude first. */
  const rings: [number, number][][];
  export default rings;
}
