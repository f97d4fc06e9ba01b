# bash completion for ifcast; made by scripts/completions.mjs
_ifcast() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local words='-V --version -c --config -b --broker -u --username --password-file --ca --cert --key --servername --mqtt-version -t --topic -H --host --units --json --plain -1 --once -n --count --timeout --record --force --replay --speed --theme --no-color --ascii -h --help' word
  COMPREPLY=()
  # Readline parts --option=value at the sign.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  case $previous in
    --mqtt-version) COMPREPLY=($(compgen -W 'auto 5 3.1.1' -- "$current")); return ;;
    --units) COMPREPLY=($(compgen -W 'bits bytes bits-iec bytes-iec' -- "$current")); return ;;
    --theme) COMPREPLY=($(compgen -W 'auto dark light mono' -- "$current")); return ;;
    -H|--host) COMPREPLY=($(compgen -W "$(LC_ALL=C grep -xE '[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)?' "${XDG_STATE_HOME:-$HOME/.local/state}/ifcast/hosts" 2>/dev/null)" -- "$current")); return ;;
    -c|--config|--password-file|--ca|--cert|--key|--record|--replay) COMPREPLY=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null; return ;;
    -b|--broker|-u|--username|--servername|-t|--topic|-n|--count|--timeout|--speed) return ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _ifcast ifcast
