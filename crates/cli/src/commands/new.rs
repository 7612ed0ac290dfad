//! `egret new NAME`: a folder with an app in it.

use egret_app::scaffold;
use std::path::PathBuf;
use std::process::ExitCode;

/// Make the folder of a new app
#[derive(clap::Args)]
#[command(after_help = "Example: egret new shop && egret dev shop")]
pub struct Arguments {
    /// The app's name: lower-case letters, digits and hyphens
    name: String,
    /// Where to make the folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    r#in: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = scaffold::create(&arguments.r#in, &arguments.name)?;
    println!("made {0}\nnext: egret dev {0}, then curl http://localhost:3000/hello", root.display());
    Ok(ExitCode::SUCCESS)
}
