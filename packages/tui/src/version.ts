/** The version of ifcast, the one in package.json. */
export const VERSION = '0.2.0';
