package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCommand struct {
	Shell string `arg:"" name:"SHELL" help:"bash, zsh or fish." enum:"bash,zsh,fish"`
}

// Help is the long help.
func (completionCommand) Help() string {
	return `Examples:

    wsc completion bash > /etc/bash_completion.d/wsc
    wsc completion zsh > "${fpath[1]}/_wsc"
    wsc completion fish > ~/.config/fish/completions/wsc.fish`
}

// Run prints the script. It is made from the command line's own description, so that it is never out of date.
func (c *completionCommand) Run(p *process, parser *kong.Kong) error {
	commands := completionCommands(parser.Model.Node)
	script := ""
	switch c.Shell {
	case "bash":
		script = bashCompletion(commands)
	case "zsh":
		script = zshCompletion(commands)
	case "fish":
		script = fishCompletion(commands)
	}
	_, err := fmt.Fprint(p.stdout, script)
	return err
}

// completedCommand is what a shell needs to know of a command, or of a group of commands.
type completedCommand struct {
	name     string
	help     string
	commands []completedCommand // of a group
	flags    []completedFlag
	// words are what the positional argument can be; files whether it can be a file.
	words []string
	files bool
}

// leaves are the commands that can be run, those of groups with the name of their group before them: "key create".
func leaves(commands []completedCommand) []completedCommand {
	var all []completedCommand
	for _, command := range commands {
		if len(command.commands) == 0 {
			all = append(all, command)
		}
		for _, leaf := range leaves(command.commands) {
			leaf.name = command.name + " " + leaf.name
			all = append(all, leaf)
		}
	}
	return all
}

// completedFlag is what a shell needs to know of a flag.
type completedFlag struct {
	name  string
	short string
	help  string
	value string // placeholder, "" for a switch
	words []string
	files bool
}

func completionCommands(parent *kong.Node) []completedCommand {
	var commands []completedCommand
	for _, node := range parent.Children {
		if node.Hidden {
			continue
		}
		command := completedCommand{name: node.Name, help: firstSentence(node.Help), commands: completionCommands(node)}
		for _, argument := range node.Positional {
			command.words = append(command.words, enumOf(argument)...)
			command.files = command.files || isFileValue(argument)
		}
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				command.flags = append(command.flags, completedFlagOf(flag))
			}
		}
		commands = append(commands, command)
	}
	return commands
}

func completedFlagOf(flag *kong.Flag) completedFlag {
	f := completedFlag{name: flag.Name, help: firstSentence(flag.Help), words: enumOf(flag.Value), files: isFileValue(flag.Value)}
	if flag.Short != 0 {
		f.short = string(flag.Short)
	}
	if !flag.IsBool() {
		f.value = strings.Trim(flag.FormatPlaceHolder(), "'")
	}
	return f
}

func enumOf(value *kong.Value) []string {
	var words []string
	if value.Enum == "" {
		return nil
	}
	for _, word := range value.EnumSlice() {
		if word != "" {
			words = append(words, word)
		}
	}
	return words
}

func isFileValue(value *kong.Value) bool {
	return value.Tag.Type == "path" || value.Tag.Get("predictor") == "file"
}

// firstSentence is what fits beside a suggestion.
func firstSentence(help string) string {
	sentence, _, _ := strings.Cut(help, ". ")
	return strings.TrimSuffix(sentence, ".")
}
