# bash completion for ifcastd; made by scripts/completions.mjs
_ifcastd() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local words='-c --config -i --interface --backend --hook --packet -b --broker -H --host -t --topic --debug -V --version -h --help check init import count doctor cleanup' word
  COMPREPLY=()
  # Readline parts --option=value at the sign.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $previous in
    --backend) COMPREPLY=($(compgen -W 'auto ebpf cap' -- "$current")); return ;;
    --hook) COMPREPLY=($(compgen -W 'socket tcx xdp' -- "$current")); return ;;
    --packet) COMPREPLY=($(compgen -W 'wire captured' -- "$current")); return ;;
    -c|--config|-r|--read) COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null; return ;;
    -i|--interface|-b|--broker|-H|--host|-t|--topic|-m|--match) return ;;
  esac
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      check) words='-c --config --debug -V --version -h --help' ;;
      init) words='--debug -V --version -h --help' ;;
      import) words='--debug -V --version -h --help' ;;
      count) words='-r --read -c --config -m --match --json --debug -V --version -h --help' ;;
      doctor) words='-c --config -b --broker -H --host -t --topic -i --interface --debug -V --version -h --help' ;;
      cleanup) words='-c --config -b --broker -H --host -t --topic --force --debug -V --version -h --help' ;;
    esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _ifcastd ifcastd
