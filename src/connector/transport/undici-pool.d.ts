/** The pool alone: the package's first file loads fetch, WebSocket and caches beside it, an eighth of the time of a start. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici'
  export = Pool
}
