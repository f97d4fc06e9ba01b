// A Debian system of its own with a real Home Assistant, for the tests beside it: made once, kept outside the repository.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Home Assistant's release and the Python that it needs; the Debian suite is one that has it. */
const RELEASE = '2026.11.0';
const PYTHON = 'python3.14';
const SUITE = 'forky';

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ifcast-home-assistant');
/** What is needed beside what Home Assistant always loads; its analytics want what `hassio` brings. */
const INTEGRATIONS = ['config', 'hassio', 'history', 'logbook', 'mqtt', 'recorder'];
/** Speech, which needs a compiler: an empty module of that name stands in, for the frontend wants all that is set up by default. */
const LEFT_OUT = {
  integration: 'assist_pipeline',
  modules: { pymicro_vad: 'MicroVad', pyspeex_noise: 'AudioProcessor' },
};

/** Prints what pip has to install for the integrations: Home Assistant would do so by itself at its first start. */
const REQUIREMENTS = `
import json, pathlib, sys
import homeassistant.bootstrap as bootstrap
root = pathlib.Path(bootstrap.__file__).parent / "components"
todo = {*sys.argv[1:], *bootstrap.CORE_INTEGRATIONS, *bootstrap.DEFAULT_INTEGRATIONS}
seen, requirements = {"${LEFT_OUT.integration}"}, set()
while todo:
    name = todo.pop()
    if name in seen:
        continue
    seen.add(name)
    manifest = json.loads((root / name / "manifest.json").read_text())
    requirements.update(manifest.get("requirements", []))
    todo.update(manifest.get("dependencies", []))
print("\\n".join(sorted(requirements)))
`;

/**
 * Makes the system unless it is there.
 *
 * @returns {{ root: string, release: string }} the folder to chroot(8) into; \`/venv\` in it has Home Assistant
 */
export function homeAssistantSystem() {
  const root = join(cache, `${SUITE}-${RELEASE}`);
  if (existsSync(join(root, 'ready'))) return { root, release: RELEASE };
  const making = `${root}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  const include = `--include=${PYTHON},${PYTHON}-venv,ca-certificates`;
  // The script of "sid" is that of every newer suite; an older debootstrap does not know them by name.
  run('debootstrap', ['--variant=minbase', include, SUITE, making, '', 'sid']);
  renameSync(making, root);
  // Behind a proxy the machine's own certificates are the ones that hold.
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(certificates)) copyFileSync(certificates, join(root, certificates));
  copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  writeFileSync(join(root, 'requirements.py'), REQUIREMENTS);
  const constraints = `$(/venv/bin/python -c 'import homeassistant; print(*homeassistant.__path__)')/package_constraints.txt`;
  inSystem(
    root,
    `${PYTHON} -m venv /venv
    /venv/bin/pip install --no-cache-dir homeassistant==${RELEASE}
    /venv/bin/python /requirements.py ${INTEGRATIONS.join(' ')} > /requirements.txt
    /venv/bin/pip install --no-cache-dir --only-binary :all: -c "${constraints}" -r /requirements.txt`,
  );
  for (const [module, name] of Object.entries(LEFT_OUT.modules)) {
    writeFileSync(join(root, 'venv/lib', PYTHON, 'site-packages', `${module}.py`), `class ${name}: pass\n`);
  }
  writeFileSync(join(root, 'ready'), readFileSync(join(root, 'requirements.txt')));
  return { root, release: RELEASE };
}

/**
 * @param {string} root
 * @param {string} script
 */
function inSystem(root, script) {
  // A mount namespace: what is mounted goes with the process.
  const mounts = `mount --rbind /proc "$1/proc"; mount --rbind /dev "$1/dev"; exec chroot "$1" sh -ec "$2"`;
  run('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', mounts, 'sh', root, script]);
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  process.stderr.write(`home assistant: ${command} ${args[0] ?? ''} …\n`);
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? 'its words are above'}`);
}
