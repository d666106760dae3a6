/**
 * What each shell is to run. They ask the program itself, with the words of the line so far: it prints a candidate a line,
 * `word<tab>what it is`, or one line `:file` or `:folder` that leaves it to the shell.
 */
export const COMPLETION_SCRIPTS: Readonly<Record<string, string>> = {
  // Bash breaks words at = and :, and replaces only what stands behind the last of them. So the line is split here, at spaces, and
  // what bash keeps is cut off again.
  bash: `# Completion of aicluster for bash. In ~/.bashrc: source <(aicluster completion bash)
_aicluster() {
  local -a words lines
  read -ra words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ "\${COMP_LINE:0:COMP_POINT}" == *[[:space:]] ]] && words+=('')
  local word=\${words[\${#words[@]} - 1]} typed=\${COMP_WORDS[COMP_CWORD]} line
  [[ $typed == [=:] ]] && typed=''
  local kept=\${word%"$typed"}
  COMPREPLY=()
  mapfile -t lines < <("$1" __complete -- "\${words[@]:1}" 2>/dev/null)
  case \${lines[0]} in
    :file) compopt -o default; return ;;
    :folder) compopt -o dirnames; return ;;
  esac
  for line in "\${lines[@]}"; do
    line=\${line%%$'\\t'*}
    [[ $line == "$word"* ]] && COMPREPLY+=("\${line#"$kept"}")
  done
}
complete -F _aicluster aicluster
`,
  zsh: `#compdef aicluster
# Completion of aicluster for zsh. In ~/.zshrc, behind compinit: source <(aicluster completion zsh)
_aicluster() {
  local -a lines found
  local line
  lines=("\${(@f)$("$words[1]" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case $lines[1] in
    :file) _files; return ;;
    :folder) _files -/; return ;;
  esac
  for line in $lines; do
    # _describe takes "word:what it is"; a colon in the word itself is escaped.
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#found )) && _describe aicluster found
}
if [[ $funcstack[1] == _aicluster ]]; then _aicluster "$@"; else compdef _aicluster aicluster; fi
`,
  fish: `# Completion of aicluster for fish: aicluster completion fish > ~/.config/fish/completions/aicluster.fish
function __aicluster_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines ($words[1] __complete -- $words[2..-1] 2>/dev/null)
  switch "$lines[1]"
    case :file
      __fish_complete_path (commandline -ct)
    case :folder
      __fish_complete_directories (commandline -ct)
    case '*'
      printf '%s\\n' $lines
  end
end
complete -c aicluster -f -a '(__aicluster_complete)'
`,
}
