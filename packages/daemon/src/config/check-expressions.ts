import { fillMac } from '@ifcast/filter';

import { compileFilters, type FilterReason, FiltersRefused } from '../compile/filter-compiler.ts';
import { ConfigError, type ConfigFault } from './config-error.ts';
import { formatKeyPath, type KeyPath } from './key-path.ts';
import type { LoadedConfig } from './load-config.ts';

const DLT_EN10MB = 1;
const SHOWN_CHARACTERS = 120;
/** Any address does: it is one operand of a comparison. */
const SOME_MAC = '02:00:00:00:00:01';

/** What libpcap has to say of the expressions of a configuration. */
export interface ExpressionFindings {
  readonly faults: readonly ConfigFault[];
  /** Filters that nothing on Ethernet can match. */
  readonly warnings: readonly ConfigFault[];
}

/**
 * Has libpcap compile the expressions of a configuration for Ethernet, without any privilege.
 *
 * @param skip - indices of filters that are known to be faulty
 * @returns a fault for each expression that libpcap refuses, in its words
 * @throws DaemonError when libpcap cannot be asked, or takes too long
 */
export async function checkExpressions(
  loaded: LoadedConfig,
  skip: ReadonlySet<number>,
): Promise<ExpressionFindings> {
  const filters = loaded.config.filters
    .filter((_, index) => !skip.has(index))
    .map(({ id, expression }) => ({ id, expression: fillMac(expression, SOME_MAC) }));
  const handle = { kind: 'dead', linkType: DLT_EN10MB } as const;
  try {
    const { unmatchable } = await compileFilters({ handle, filters });
    const nothing = (filter: string) => `nothing on Ethernet can match the expression of ${filter}`;
    return { faults: [], warnings: located(unmatchable, loaded, nothing) };
  } catch (error) {
    if (error instanceof FiltersRefused) return { faults: refusedFaults(error, loaded), warnings: [] };
    throw error;
  }
}

/**
 * Waits for work that compiles a configuration's filters, and gives what libpcap refuses its place in the file.
 *
 * @throws ConfigError in place of FiltersRefused; anything else as it is
 */
export async function locatingRefusals<T>(loaded: LoadedConfig, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof FiltersRefused)
      throw new ConfigError(refusedFaults(error, loaded), { cause: error });
    throw error;
  }
}

/** libpcap's refusals as faults of the configuration that the filters came from. */
function refusedFaults({ refusals }: FiltersRefused, loaded: LoadedConfig): ConfigFault[] {
  return located(refusals, loaded, (filter) => `libpcap refuses the expression of ${filter}`);
}

/** @param say - makes a sentence of what a filter is called */
function located(
  reasons: readonly FilterReason[],
  { config, file, filtersBuiltIn, locate }: LoadedConfig,
  say: (filter: string) => string,
): ConfigFault[] {
  return reasons.map(({ filterId, reason }) => {
    const index = config.filters.findIndex(({ id }) => id === filterId);
    const { expression, conditions } = config.filters[index] ?? { expression: '', conditions: {} };
    const filter = `${filtersBuiltIn ? 'the built-in filter' : 'filter'} "${filterId}"`;
    const message = `${say(filter)}: ${reason} (${shortened(expression)})`;
    // A built-in one stands in no line of the file.
    if (filtersBuiltIn) return { file, key: '', position: null, message };
    const path: KeyPath = ['filter', index, ...(conditions.match === undefined ? [] : ['match'])];
    return { file, key: formatKeyPath(path), position: locate(path), message };
  });
}

function shortened(expression: string): string {
  return expression.length <= SHOWN_CHARACTERS ? expression : `${expression.slice(0, SHOWN_CHARACTERS)}…`;
}
