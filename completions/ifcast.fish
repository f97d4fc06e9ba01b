# fish completion for ifcast; made by scripts/completions.mjs
function __ifcast_hosts
    set -l state $XDG_STATE_HOME
    test -n "$state"; or set state ~/.local/state
    test -r $state/ifcast/hosts; and string match -r '^[A-Za-z0-9][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_.-]+)?$' <$state/ifcast/hosts
end
complete -c ifcast -f
complete -c ifcast -s V -l version -d 'print the version'
complete -c ifcast -s c -l config -r -F -d 'configuration'
complete -c ifcast -s b -l broker -x -d 'broker, mqtt://, mqtts://, ws:// or wss:// (repeatable: the next is tried when one fails)'
complete -c ifcast -s u -l username -x -d 'user name at the broker'
complete -c ifcast -l password-file -r -F -d 'file whose first line is the password'
complete -c ifcast -l ca -r -F -d 'CA certificates that the broker\'s certificate is checked against, PEM'
complete -c ifcast -l cert -r -F -d 'client certificate, PEM'
complete -c ifcast -l key -r -F -d 'key of the client certificate, PEM'
complete -c ifcast -l servername -x -d 'name that the broker\'s certificate must have, if not the URL\'s'
complete -c ifcast -l mqtt-version -x -a 'auto 5 3.1.1' -d 'MQTT version'
complete -c ifcast -s t -l topic -x -d 'topic base'
complete -c ifcast -s H -l host -x -a '(__ifcast_hosts)' -d 'only this host, or only one of its interfaces as HOST/INTERFACE'
complete -c ifcast -l units -x -a 'bits bytes bits-iec bytes-iec' -d 'what data is shown in, -iec in multiples of 1024'
complete -c ifcast -l json -d 'print JSON, one object a line'
complete -c ifcast -l plain -d 'print lines of text, tabs between fields; what is done without a terminal'
complete -c ifcast -s 1 -l once -d 'print one broadcast and end'
complete -c ifcast -s n -l count -x -d 'print so many broadcasts and end'
complete -c ifcast -l timeout -x -d 'end after so long; without the broadcasts that were asked for that is an error'
complete -c ifcast -l record -r -F -d 'write everything that comes to a file, as --json prints it'
complete -c ifcast -l force -d 'with --record: overwrite a file that is there already'
complete -c ifcast -l replay -r -F -d 'show a recording again, also one of gzip; "-" is standard input'
complete -c ifcast -l speed -x -d 'with --replay: so many times as fast as it was, or "max"'
complete -c ifcast -l theme -x -a 'auto dark light mono' -d 'colours for the terminal\'s background; auto asks for it'
complete -c ifcast -l no-color -d 'no colours; NO_COLOR in the environment says the same'
complete -c ifcast -l ascii -d 'draw with ASCII characters alone; so does a locale without UTF-8, as LC_ALL=C'
complete -c ifcast -s h -l help -d 'print this help'
