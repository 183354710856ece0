package main

import (
	"fmt"
	"strings"
)

// bashCompletion needs nothing but bash itself, version 3.2 or later.
func bashCompletion(commands []completedCommand) string {
	var groups, cases strings.Builder
	for _, group := range commands {
		if len(group.commands) > 0 {
			fmt.Fprintf(&groups, "    %s)\n      if [ \"$COMP_CWORD\" -eq 2 ]; then COMPREPLY=($(compgen -W %s -- \"$cur\")); return; fi\n      command=\"%s ${COMP_WORDS[2]}\" ;;\n",
				group.name, shellQuote(namesOf(group.commands)+" --help"), group.name)
		}
	}
	for _, command := range leaves(commands) {
		var flags []string
		var values strings.Builder
		for _, flag := range command.flags {
			pattern := "--" + flag.name
			flags = append(flags, pattern)
			if flag.short != "" {
				pattern += "|-" + flag.short
			}
			switch {
			case flag.files:
				fmt.Fprintf(&values, "        %s) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n", pattern)
			case len(flag.words) > 0:
				fmt.Fprintf(&values, "        %s) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;;\n", pattern, shellQuote(strings.Join(flag.words, " ")))
			case flag.value != "":
				fmt.Fprintf(&values, "        %s) return ;;\n", pattern)
			}
		}
		fmt.Fprintf(&cases, "    %s)\n      case $prev in\n%s      esac\n", shellQuote(command.name), values.String())
		fmt.Fprintf(&cases, "      case $cur in -*) COMPREPLY=($(compgen -W %s -- \"$cur\")); return ;; esac\n", shellQuote(strings.Join(flags, " ")))
		switch {
		case command.files:
			cases.WriteString("      COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n")
		case len(command.words) > 0:
			fmt.Fprintf(&cases, "      COMPREPLY=($(compgen -W %s -- \"$cur\")) ;;\n", shellQuote(strings.Join(command.words, " ")))
		default:
			cases.WriteString("      ;;\n")
		}
	}
	return fmt.Sprintf(`# bash completion for wsc
_wsc() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  # bash takes the = of --flag=value for a word of its own.
  if [ "$cur" = "=" ]; then
    cur=
  elif [ "$prev" = "=" ]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W %s -- "$cur"))
    return
  fi
  case $command in
%s  esac
  case $command in
%s  esac
}
complete -o filenames -F _wsc wsc
`, shellQuote(namesOf(commands)+" --help"), groups.String(), cases.String())
}

func namesOf(commands []completedCommand) string {
	names := make([]string, len(commands))
	for i, command := range commands {
		names[i] = command.name
	}
	return strings.Join(names, " ")
}

func zshCompletion(commands []completedCommand) string {
	var groups, cases strings.Builder
	for _, group := range commands {
		if len(group.commands) > 0 {
			fmt.Fprintf(&groups, "    %s)\n      commands=(\n%s      )\n", group.name, zshDescriptions(group.commands))
			fmt.Fprintf(&groups, "      if (( CURRENT == 2 )); then\n        _describe command commands\n        return\n      fi\n")
			fmt.Fprintf(&groups, "      command=\"%s $words[2]\"\n      shift words\n      (( CURRENT-- )) ;;\n", group.name)
		}
	}
	for _, command := range leaves(commands) {
		fmt.Fprintf(&cases, "    %s)\n      _arguments", shellQuote(command.name))
		for _, flag := range command.flags {
			spec := "--" + flag.name
			if flag.value != "" {
				spec += "="
			}
			spec += "[" + strings.NewReplacer("[", `\[`, "]", `\]`).Replace(flag.help) + "]"
			if flag.value != "" {
				spec += ":" + strings.ReplaceAll(flag.value, ":", `\:`) + ":" + zshAction(flag.words, flag.files)
			}
			cases.WriteString(" \\\n        " + shellQuote(spec))
		}
		fmt.Fprintf(&cases, " \\\n        %s ;;\n", shellQuote("*:argument:"+zshAction(command.words, command.files)))
	}
	return fmt.Sprintf(`#compdef wsc
_wsc() {
  local -a commands
  commands=(
%s  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
%s  esac
  case $command in
%s  esac
}
if [ "$funcstack[1]" = _wsc ]; then
  _wsc "$@"
else
  compdef _wsc wsc
fi
`, zshDescriptions(commands), groups.String(), cases.String())
}

// zshDescriptions lists commands with their help, one a line.
func zshDescriptions(commands []completedCommand) string {
	var b strings.Builder
	for _, command := range commands {
		fmt.Fprintf(&b, "    %s\n", shellQuote(command.name+":"+command.help))
	}
	return b.String()
}

func zshAction(words []string, files bool) string {
	switch {
	case files:
		return "_files"
	case len(words) > 0:
		return "(" + strings.Join(words, " ") + ")"
	}
	return " "
}

func fishCompletion(commands []completedCommand) string {
	var b strings.Builder
	b.WriteString("# fish completion for wsc\ncomplete -c wsc -f\n")
	for _, command := range commands {
		fmt.Fprintf(&b, "complete -c wsc -n __fish_use_subcommand -a %s -d %s\n", command.name, fishQuote(command.help))
	}
	for _, group := range commands {
		if len(group.commands) == 0 {
			continue
		}
		condition := fishQuote("__fish_seen_subcommand_from " + group.name + "; and not __fish_seen_subcommand_from " + namesOf(group.commands))
		for _, command := range group.commands {
			fmt.Fprintf(&b, "complete -c wsc -n %s -a %s -d %s\n", condition, command.name, fishQuote(command.help))
		}
	}
	for _, command := range leaves(commands) {
		condition := fishQuote("__fish_seen_subcommand_from " + strings.ReplaceAll(command.name, " ", "; and __fish_seen_subcommand_from "))
		for _, flag := range command.flags {
			fmt.Fprintf(&b, "complete -c wsc -n %s -l %s", condition, flag.name)
			if flag.short != "" {
				b.WriteString(" -s " + flag.short)
			}
			switch {
			case flag.files:
				b.WriteString(" -r -F")
			case len(flag.words) > 0:
				b.WriteString(" -x -a " + fishQuote(strings.Join(flag.words, " ")))
			case flag.value != "":
				b.WriteString(" -x")
			}
			b.WriteString(" -d " + fishQuote(flag.help) + "\n")
		}
		switch {
		case command.files:
			fmt.Fprintf(&b, "complete -c wsc -n %s -F\n", condition)
		case len(command.words) > 0:
			fmt.Fprintf(&b, "complete -c wsc -n %s -a %s\n", condition, fishQuote(strings.Join(command.words, " ")))
		}
	}
	return b.String()
}

func fishQuote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
