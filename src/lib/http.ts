/**
 * Node's HTTP, as one object. `import` of these modules reads each of their exports, and one of them (`WebSocket`) loads a second HTTP client for it: 5 MB and
 * 40 ms of CPU that nobody uses.
 */
export const http = process.getBuiltinModule('node:http')
export const https = process.getBuiltinModule('node:https')
