import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import {
  BrokerError,
  loadTlsFiles,
  MAX_FILE_BYTES,
  readRegularFile,
  type TlsFileNames,
} from '@ifcast/broker';

import { whyUnreadable } from '../base/why-unreadable.ts';
import { MQTT_KEYS } from './mqtt-keys.ts';
import type { Place } from './place.ts';
import type { Check } from './table.ts';

/** What MQTT can carry (MQTT 5.0, section 3.1.3.6). */
const MAX_PASSWORD_BYTES = 65_535;
const READ_BY_OTHERS = 0o004;
export const WRITE_BY_OTHERS = 0o022;

/** A path, made absolute: it is relative to the directory of the configuration file. */
export const path: Check<string> = (value, place) => {
  if (typeof value !== 'string' || value.includes('\0'))
    return place.isNot(value, 'the path of a file in quotes');
  return resolve(dirname(place.file), value);
};

/** The path of a file that holds a password and nothing else; gives the password. */
export const passwordFile: Check<string> = (value, place) => {
  const file = path(value, place);
  if (file === undefined) return undefined;
  let password: string;
  try {
    if ((statSync(file).mode & READ_BY_OTHERS) !== 0) {
      place.warn(`${file} can be read by every user of this machine: chmod 600 it`);
    }
    // A byte order mark, which some editors write, is no part of the password: TextDecoder leaves it out.
    password = new TextDecoder().decode(readRegularFile(file, MAX_FILE_BYTES)).replace(/\r?\n$/, '');
  } catch (error) {
    return place.fault(`${file} cannot be read: ${whyUnreadable(error)}`);
  }
  if (password === '') return place.fault(`${file} is empty: put the password into it`);
  if (/[\r\n\0]/.test(password) || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    return place.fault(`${file} holds more than a password: it must be all that is in the file, on one line`);
  }
  return password;
};

/** Checks what the TLS files hold, `ca` and the pair of `cert` and `key` each by itself. */
export function checkTlsFiles({ ca, cert, key }: TlsFileNames, mqtt: Place): void {
  if (ca !== null) checkPem({ ca, cert: null, key: null }, 'ca', mqtt);
  if (cert !== null || key !== null) checkPem({ ca: null, cert, key }, cert === null ? 'key' : 'cert', mqtt);
}

function checkPem(names: TlsFileNames, at: keyof TlsFileNames, mqtt: Place): void {
  try {
    loadTlsFiles(names, MQTT_KEYS);
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    mqtt.at(at).fault(error.message.replace(`mqtt.${at} `, ''));
  }
}
