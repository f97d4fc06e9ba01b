import { posix } from 'node:path';

/** What may import what; see arrows.json. */
export interface Arrows {
  /** Packages by their names without `@ifcast/`, and those of ours that they may import. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Packages that do no I/O. */
  readonly pure: readonly string[];
  /** Of each package its folders below `src`, and those that they may import. */
  readonly folders: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** `import`, `export … from`, `import()`; types too: they tie rooms together all the same. */
const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)'([^'\n]+)'/g;
const ROOT = '.';

interface Import {
  readonly file: string;
  readonly pkg: string;
  readonly folder: string;
  readonly specifier: string;
}

/**
 * Everything in which sources differ from the arrows that are allowed.
 *
 * @param sources - text by path, such as `packages/filter/src/index.ts`
 * @returns a sentence each; empty when all is well
 */
export function faultsOf(sources: ReadonlyMap<string, string>, arrows: Arrows): string[] {
  const imports = [...sources].flatMap(([file, text]) => importsOf(file, text));
  const used = new Set<string>();
  const faults = imports.flatMap((each) => faultOf(each, arrows, used) ?? []);
  return [...faults, ...unusedArrows(arrows, used), ...cycles(arrows)];
}

function importsOf(file: string, text: string): Import[] {
  const [, pkg, , ...path] = file.split('/');
  const folder = path.slice(0, -1).join('/') || ROOT;
  return [...text.matchAll(IMPORT)].map(([, specifier]) => ({
    file,
    pkg: pkg!,
    folder,
    specifier: specifier!,
  }));
}

function faultOf({ file, pkg, folder, specifier }: Import, arrows: Arrows, used: Set<string>): string | null {
  const ours = /^@ifcast\/([^/]+)/.exec(specifier)?.[1];
  if (ours !== undefined) {
    used.add(`${pkg} → ${ours}`);
    return arrows.packages[pkg]?.includes(ours) ? null : `${file}: ${pkg} may not import ${ours}`;
  }
  if (!specifier.startsWith('.')) {
    const pure = arrows.pure.includes(pkg);
    return pure ? `${file}: ${pkg} is pure and may not import ${specifier}` : null;
  }
  const target = posix.join(posix.dirname(file), specifier);
  if (!target.startsWith('packages/')) return null;
  if (!target.startsWith(`packages/${pkg}/src/`))
    return `${file}: imports ${target} past its package's index`;
  const to = posix.dirname(target).split('/').slice(3).join('/') || ROOT;
  const allowed = arrows.folders[pkg]?.[folder];
  // The root of a package puts it together: nothing imports it, and it imports what it needs.
  if (to === folder || folder === ROOT) return null;
  if (allowed === undefined) return `${file}: arrows.json does not know the folder ${folder} of ${pkg}`;
  used.add(`${pkg}/${folder} → ${to}`);
  return allowed.includes(to) ? null : `${file}: ${folder} may not import ${to} (${specifier})`;
}

function unusedArrows({ packages, folders }: Arrows, used: ReadonlySet<string>): string[] {
  const all = [
    ...Object.entries(packages).flatMap(([from, to]) => to.map((each) => `${from} → ${each}`)),
    ...Object.entries(folders).flatMap(([pkg, rooms]) =>
      Object.entries(rooms).flatMap(([from, to]) => to.map((each) => `${pkg}/${from} → ${each}`)),
    ),
  ];
  return all.filter((arrow) => !used.has(arrow)).map((arrow) => `arrows.json: nothing needs ${arrow}`);
}

/** Without a circle in what is allowed there is none in what is. */
function cycles({ packages, folders }: Arrows): string[] {
  return [packages, ...Object.values(folders)].flatMap((graph) => {
    const done = new Set<string>();
    const visit = (node: string, path: readonly string[]): string[] => {
      if (path.includes(node)) {
        return [`arrows.json: a circle: ${[...path.slice(path.indexOf(node)), node].join(' → ')}`];
      }
      if (done.has(node)) return [];
      const found = (graph[node] ?? []).flatMap((next) => visit(next, [...path, node]));
      done.add(node);
      return found;
    };
    return Object.keys(graph).flatMap((node) => visit(node, []));
  });
}
