/** The entities as docs/home-assistant.md tells them. */
import { readFileSync } from 'node:fs';

export interface DocumentedEntity {
  readonly id: string;
  readonly name: string;
  readonly deviceClass: string;
  readonly icon: string;
  readonly enabled: boolean;
  readonly category: string;
  /** Of the entities of a filter. */
  readonly unit?: string;
  readonly stateClass?: string;
}

/** The rows of the page's tables whose first cell is an entity; `–` is none. */
export function documentedEntities(): DocumentedEntity[] {
  const page = readFileSync(new URL('../../docs/home-assistant.md', import.meta.url), 'utf8');
  return [...page.matchAll(/^\| `((?:binary_)?sensor\..*?)` \|(.*)\|$/gm)].map(([, id = '', rest = '']) => {
    const cells = rest.split('|').map((cell) => cell.trim().replaceAll('`', ''));
    const [name = '', , ...more] = cells;
    const enabled = more.pop() === 'yes';
    const icon = more.pop() ?? '';
    const [unit, deviceClass, stateClass] = more;
    return unit !== undefined && deviceClass !== undefined && stateClass !== undefined
      ? { id, name, unit, deviceClass, stateClass, icon, enabled, category: '–' }
      : { id, name, deviceClass: more[0] ?? '', icon, enabled, category: 'diagnostic' };
  });
}
