import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('../..', import.meta.url));
const debian = fileURLToPath(new URL('debian/', import.meta.url));

/** Debian's architectures by koffi's. */
const KOFFI = { amd64: 'linux-x64', arm64: 'linux-arm64' };
/** Where the programs are: not /usr/share, koffi's library is made for one architecture. */
const LIBRARY = 'usr/lib/ifcast';
const SCRIPTS = ['postinst', 'prerm', 'postrm'];

/**
 * Makes `ifcast_<version>_<arch>.deb`.
 *
 * @param {{ programs: string, arch: 'amd64' | 'arm64', out: string }} options - `programs`: the npm package as a folder
 * @returns {string} the file
 */
export function debianPackage({ programs, arch, out }) {
  const { version } = JSON.parse(readFileSync(join(programs, 'package.json'), 'utf8'));
  const commitTime = execFileSync('git', ['log', '-1', '--format=%ct'], {
    cwd: root,
    encoding: 'utf8',
  }).trim();
  const directory = mkdtempSync(join(tmpdir(), 'ifcast-deb-'));
  try {
    const put = placer(directory);
    putPrograms(directory, programs, arch);
    for (const [name, path] of [
      ['ifcast', 'tui/bin/ifcast.js'],
      ['ifcastd', 'daemon/bin/ifcastd.js'],
    ]) {
      put.link(`usr/bin/${name}`, `../lib/ifcast/${path}`);
      put.text(`usr/share/bash-completion/completions/${name}`, completion(programs, `${name}.bash`));
      put.text(`usr/share/zsh/vendor-completions/_${name}`, completion(programs, `_${name}`));
      put.text(`usr/share/fish/vendor_completions.d/${name}.fish`, completion(programs, `${name}.fish`));
    }
    put.gzipped('usr/share/man/man1/ifcast.1.gz', readFileSync(join(programs, 'man/ifcast.1')));
    put.gzipped('usr/share/man/man8/ifcastd.8.gz', readFileSync(join(programs, 'man/ifcastd.8')));
    const unit = readFileSync(join(programs, 'config/systemd/ifcastd.service'), 'utf8');
    put.text('usr/lib/systemd/system/ifcastd.service', packagedUnit(unit));
    put.text('etc/ifcast/ifcast.toml', readFileSync(join(programs, 'config/ifcast.toml'), 'utf8'));
    put.text('usr/share/doc/ifcast/copyright', copyright(programs));
    put.gzipped('usr/share/doc/ifcast/changelog.gz', changelog(version, commitTime));
    put.folder('usr/share/doc/ifcast/docs', join(programs, 'docs'), (path) => !path.endsWith('/images'));
    put.folder('usr/share/doc/ifcast/examples', join(programs, 'config/examples'));
    put.text('usr/share/lintian/overrides/ifcast', readFileSync(join(debian, 'lintian-overrides'), 'utf8'));

    put.text('DEBIAN/conffiles', '/etc/ifcast/ifcast.toml\n');
    for (const name of SCRIPTS) {
      put.text(`DEBIAN/${name}`, readFileSync(join(debian, name), 'utf8'));
      chmodSync(join(directory, 'DEBIAN', name), 0o755);
    }
    put.text('DEBIAN/md5sums', md5sums(directory));
    const control = readFileSync(join(debian, 'control'), 'utf8')
      .replace('@VERSION@', version)
      .replace('@ARCHITECTURE@', arch)
      .replace('@INSTALLED_KIB@', String(Math.ceil(bytesBelow(directory) / 1024)));
    put.text('DEBIAN/control', control);
    const file = join(out, `ifcast_${version}_${arch}.deb`);
    // Files that are newer get the commit's time.
    const env = { ...process.env, SOURCE_DATE_EPOCH: commitTime };
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', directory, file], {
      stdio: ['ignore', 'ignore', 2],
      env,
    });
    return file;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The programs with koffi, its library for one architecture and none of its sources. */
function putPrograms(directory, programs, arch) {
  const library = join(directory, LIBRARY);
  for (const name of ['daemon', 'tui']) {
    cpSync(join(programs, name), join(library, name), { recursive: true });
    const bin = join(library, name, 'bin');
    for (const file of readdirSync(bin)) {
      // Debian's Node and no other, whatever the user's PATH says.
      const text = readFileSync(join(bin, file), 'utf8');
      writeFileSync(join(bin, file), text.replace(/^#!.*/, '#!/usr/bin/node'));
    }
  }
  const { type, version } = JSON.parse(readFileSync(join(programs, 'package.json'), 'utf8'));
  writeFileSync(join(library, 'package.json'), `${JSON.stringify({ name: 'ifcast', version, type })}\n`);
  const koffi = realpathSync(join(root, 'packages/daemon/node_modules/koffi'));
  cpSync(koffi, join(library, 'node_modules/koffi'), {
    recursive: true,
    filter: (path) => {
      const inside = path.slice(koffi.length + 1);
      if (/^(doc|lib|vendor)(\/|$)|^cnoke|trampolines/.test(inside)) return false;
      return statSync(path).isDirectory() ? !inside.endsWith('/abi') : /\.(c?js|json)$/.test(inside);
    },
  });
  const binary = koffiBinary(koffi, KOFFI[arch]);
  try {
    cpSync(binary.directory, join(library, 'node_modules/@koromix', `koffi-${KOFFI[arch]}`), {
      recursive: true,
      // Debian's C library is not musl.
      filter: (path) => !/\/musl|\.md$/.test(path.slice(binary.directory.length)),
    });
  } finally {
    binary.remove();
  }
  execFileSync('chmod', ['-R', 'a=r,u+w,a+X', directory]);
  for (const name of ['daemon', 'tui']) execFileSync('chmod', ['-R', 'a+x', join(library, name, 'bin')]);
}

/** koffi's prebuilt library: here for this machine, from npm's registry for another. */
function koffiBinary(koffi, platform) {
  const name = `@koromix/koffi-${platform}`;
  try {
    return { directory: realpathSync(join(dirname(koffi), name)), remove: () => {} };
  } catch {
    const { version } = JSON.parse(readFileSync(join(koffi, 'package.json'), 'utf8'));
    const directory = mkdtempSync(join(tmpdir(), 'ifcast-koffi-'));
    const args = ['pack', `${name}@${version}`, '--pack-destination', directory, '--json'];
    const [{ filename }] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8' }));
    const archive = join(directory, filename);
    const sum = createHash('sha512').update(readFileSync(archive)).digest('base64');
    const lock = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
    if (!lock.includes(`'${name}@${version}':\n    resolution: {integrity: sha512-${sum}}`)) {
      throw new Error(`${name} ${version} is not the file that pnpm-lock.yaml names`);
    }
    execFileSync('tar', ['-xzf', archive, '-C', directory]);
    return {
      directory: join(directory, 'package'),
      remove: () => rmSync(directory, { recursive: true, force: true }),
    };
  }
}

function placer(directory) {
  const at = (path) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    return join(directory, path);
  };
  return {
    text: (path, text) => writeFileSync(at(path), text, { mode: 0o644 }),
    gzipped: (path, text) => writeFileSync(at(path), gzipSync(text, { level: 9 }), { mode: 0o644 }),
    link: (path, target) => symlinkSync(target, at(path)),
    folder: (path, from, filter = () => true) => cpSync(from, at(path), { recursive: true, filter }),
  };
}

/** The unit as the package installs it: with its paths, and without how to install it. */
function packagedUnit(unit) {
  return unit.replace(/^# Copy to .*\n/, '').replace('ExecStart=/usr/local/bin/', 'ExecStart=/usr/bin/');
}

function completion(programs, name) {
  return readFileSync(join(programs, 'completions', name), 'utf8');
}

/** The project's licence and those of what is bundled, as they are. */
function copyright(programs) {
  const own = readFileSync(join(programs, 'LICENSE'), 'utf8').trim();
  const koffi = readFileSync(join(root, 'packages/daemon/node_modules/koffi/LICENSE.txt'), 'utf8').trim();
  const bundled = readFileSync(join(programs, 'LICENSE.third-party'), 'utf8').trim();
  return `ifcast\n======\n\n${own}\n\nkoffi\n=====\n\n${koffi}\n\nThe npm packages that the programs have in them follow.\n\n${bundled}\n`;
}

function changelog(version, commitTime) {
  const date = execFileSync('date', ['--utc', '--rfc-email', '--date', `@${commitTime}`], {
    encoding: 'utf8',
  });
  const maintainer = /^Maintainer: (.*)$/m.exec(readFileSync(join(debian, 'control'), 'utf8'))?.[1];
  return `ifcast (${version}) unstable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n -- ${maintainer}  ${date.trim()}\n`;
}

function md5sums(directory) {
  return filesBelow(directory, '')
    .filter((path) => !path.startsWith('DEBIAN/') && !path.startsWith('etc/'))
    .map(
      (path) =>
        `${createHash('md5')
          .update(readFileSync(join(directory, path)))
          .digest('hex')}  ${path}\n`,
    )
    .join('');
}

function bytesBelow(directory) {
  return filesBelow(directory, '').reduce((sum, path) => sum + statSync(join(directory, path)).size, 0);
}

/** Regular files, sorted. */
function filesBelow(directory, path) {
  return readdirSync(join(directory, path), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return filesBelow(directory, inside);
      return entry.isFile() ? [inside] : [];
    });
}
