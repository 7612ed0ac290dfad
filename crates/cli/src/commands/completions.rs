//! `egret completions SHELL`: a script with which a shell completes what is typed.

use clap_complete::Shell;
use std::process::ExitCode;

/// Print a script that completes egret's commands in your shell
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret completions bash > ~/.local/share/bash-completion/completions/egret
  egret completions zsh > \"${fpath[1]}/_egret\"
  egret completions fish > ~/.config/fish/completions/egret.fish")]
pub struct Arguments {
    /// bash, elvish, fish, powershell or zsh
    shell: Shell,
}

pub fn run(arguments: &Arguments, mut command: clap::Command) -> ExitCode {
    clap_complete::generate(arguments.shell, &mut command, "egret", &mut std::io::stdout());
    ExitCode::SUCCESS
}
