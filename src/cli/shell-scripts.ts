/** What each shell needs to ask devflow what may be typed next. The scripts know no command: they never grow old. */

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export const SHELL_SCRIPTS: Record<Shell, string> = {
  bash: `# devflow completion for bash: put this into ~/.bashrc:  eval "$(devflow completion bash)"
_devflow() {
  local IFS=$'\\n'
  local found="$(devflow --no-start completion suggest -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)"
  COMPREPLY=($(compgen -W "$found" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _devflow devflow`,
  zsh: `# devflow completion for zsh: put this into ~/.zshrc after compinit:  eval "$(devflow completion zsh)"
_devflow() {
  local -a found
  found=("\${(@f)$(devflow --no-start completion suggest -- "\${(@)words[2,CURRENT]}" 2>/dev/null | tr '\\t' ':')}")
  if [[ -n "$found" ]]; then _describe devflow found; else _files; fi
}
compdef _devflow devflow`,
  fish: `# devflow completion for fish: put this into ~/.config/fish/completions/devflow.fish
function __devflow_suggest
  set -l words (commandline -opc) (commandline -ct)
  devflow --no-start completion suggest -- $words[2..-1] 2>/dev/null
end
complete -c devflow -a '(__devflow_suggest)'`,
};
