import type { SettingNames } from '@ifcast/broker';

/** What the command line calls the settings of the broker. */
export const OPTION_NAMES: SettingNames = {
  url: '--broker',
  version: '--mqtt-version',
  username: '--username',
  passwordFile: '--password-file',
  ca: '--ca',
  cert: '--cert',
  key: '--key',
  servername: '--servername',
  clientId: null,
  keepalive: null,
};
