import { checkExpressions, type ExpressionFindings } from '../config/check-expressions.ts';
import type { Config } from '../config/config.ts';
import { ConfigError, formatFault } from '../config/config-error.ts';
import { configFileOf, type InspectedConfig, inspectConfig, sampleConfig } from '../config/load-config.ts';
import { hostWarnings } from './check-host.ts';
import type { CommandOutput } from './count.ts';

/**
 * `ifcastd check`: says whether a configuration is right, and prints each filter with its tcpdump expression.
 *
 * @param configFile - `null`: the file of the system, or the built-in configuration
 * @throws ConfigError with every fault, libpcap's too; DaemonError when libpcap cannot be asked
 */
export async function runCheck(configFile: string | null, output: CommandOutput): Promise<void> {
  const file = configFileOf(configFile);
  const inspected: InspectedConfig = file === null ? { ...sampleConfig(), faults: [] } : inspectConfig(file);
  const expressions = await expressionFindings(inspected);
  for (const warning of [...inspected.warnings, ...expressions.warnings, ...hostWarnings(inspected)])
    output.err(`warning: ${formatFault(warning)}`);
  const faults = [...inspected.faults, ...expressions.faults];
  if (faults.length > 0) throw new ConfigError(faults);
  for (const line of filterTable(inspected.config)) output.out(line);
  output.out(`${inspected.file} is right`);
}

/** What libpcap has to say of the filters that are right so far. */
async function expressionFindings(inspected: InspectedConfig): Promise<ExpressionFindings> {
  const faulty = inspected.faults.map(({ key }) => Number(/^filter\[(\d+)\]/.exec(key)?.[1]));
  try {
    return await checkExpressions(inspected, new Set(faulty));
  } catch (error) {
    // Without libpcap the faults that are known are worth more than this one.
    if (inspected.faults.length > 0) return { faults: [], warnings: [] };
    throw error;
  }
}

function filterTable({ filters }: Config): string[] {
  const rows = [
    ['ID', 'NAME', 'EXPRESSION'],
    ...filters.map(({ id, name, enabled, expression }) => [
      id,
      enabled ? name : `${name} (disabled)`,
      expression === '' ? '(every packet)' : expression,
    ]),
  ];
  const width = (column: number) => Math.max(...rows.map((row) => row[column]!.length));
  const [idWidth, nameWidth] = [width(0), width(1)];
  return rows.map(
    ([id, name, expression]) => `${id!.padEnd(idWidth)}  ${name!.padEnd(nameWidth)}  ${expression}`,
  );
}
